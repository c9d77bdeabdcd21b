using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Config.Portals.Log;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.PortalLog;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>What edges report, and what administrators find of it.</summary>
[Collection(ConfigCollection.Name)]
public sealed class PortalLogTests(ConfigHost host)
{
    private const string Logs = PortalCalls.Mcp + "/logs";

    [Fact]
    public async Task Entry_IsShownWithTheNamesOfTheOriginal()
    {
        var entry = Entry("names");
        await ReportAsync(entry);
        var shown = Assert.Single(await FindAsync($"flow={entry.FlowId}"))!;
        Assert.Equal(("names", "gh", "tools/call", "search", "alice@example.com", true, 12L), ((string)shown["PortalID"]!, (string)shown["ServerID"]!, (string)shown["Method"]!,
            (string)shown["ToolCallName"]!, (string)shown["UserEmail"]!, (bool)shown["Success"]!, (long)shown["ServerResponseDurationMs"]!));
        Assert.Equal((entry.Id, entry.GrantId, "ok"), ((string)shown["ID"]!, (string)shown["GrantID"]!, (string)shown["Outcome"]!));
    }

    [Fact]
    public async Task Report_ThatIsRepeated_IsRecordedOnce()
    {
        var (one, two) = (Entry("twice"), Entry("twice"));
        await ReportAsync(one);
        await Task.WhenAll(ReportAsync(one, two), ReportAsync(two, one), ReportAsync(one, one, two));
        Assert.Equal(2, (await FindAsync("portal=twice")).Count);
    }

    [Fact]
    public async Task Filters_NarrowByEachQuestion()
    {
        var slow = Entry("filters", e => (e.ServerId, e.Tool, e.UserEmail, e.Success, e.Outcome, e.DurationMs) = ("wiki", "read", "Bob@Example.com", false, "timeout", 60_000));
        var token = Entry("filters", e => (e.UserEmail, e.UserId, e.ServiceTokenId, e.ServerDurationMs) = ("", "", Guid.NewGuid().ToString(), -1));
        await ReportAsync(Entry("filters"), slow, token);
        foreach (var (question, found) in ((string, string)[])[
            ("server=wiki", slow.Id), ("tool=read", slow.Id), ("user=bob@example.com", slow.Id), ("success=false", slow.Id), ("outcome=timeout", slow.Id), ("min_duration_ms=1000", slow.Id),
            ($"grant={slow.GrantId}", slow.Id), ($"flow={token.FlowId}", token.Id), ($"service_token_id={token.ServiceTokenId}", token.Id)])
        {
            Assert.Equal(found, (string)Assert.Single(await FindAsync($"portal=filters&{question}"))!["ID"]!);
        }

        Assert.Empty(await FindAsync($"portal=filters&since={Uri.EscapeDataString(DateTimeOffset.UtcNow.AddHours(1).ToString("O"))}"));
        Assert.Null(Assert.Single(await FindAsync($"flow={token.FlowId}"))!["ServerResponseDurationMs"]);
        foreach (var wrong in (string[])["cursor=x", "since=yesterday", "per_page=501", "min_duration_ms=-1", "success=maybe"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("GET", $"{Logs}?{wrong}")).Status);
        }
    }

    [Fact]
    public async Task Pages_FollowOneAnotherWithoutAGapAlsoWhereTimesAreEqual()
    {
        var at = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddMinutes(-1));
        var entries = Enumerable.Range(0, 7).Select(_ => Entry("pages", e => e.At = at)).ToArray();
        await ReportAsync(entries);
        var (found, cursor) = (new List<string>(), "");
        do
        {
            var page = await host.Api.Call("GET", $"{Logs}?portal=pages&per_page=3&cursor={cursor}");
            found.AddRange(page.Result!.AsArray().Select(line => (string)line!["ID"]!));
            cursor = (string?)page.Info["cursor"] ?? "";
        }
        while (cursor.Length > 0);
        Assert.Equal(entries.Select(entry => entry.Id).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Lines_MadeAnewFromTheEvents_AreTheSame()
    {
        await ReportAsync([.. Enumerable.Range(0, 20).Select(index => Entry($"rebuild{index % 3}"))]);
        var log = host.Services.GetRequiredService<PortalLogStore>();
        async Task<List<PortalLogLine>> All()
        {
            await using var session = log.QuerySession();
            return [.. await session.QueryAsync<PortalLogLine>("order by id", CancellationToken.None)];
        }

        var before = await All();
        await log.RebuildAsync(CancellationToken.None);
        Assert.Equal(before, await All());
        Assert.True(before.Count >= 20);
    }

    [Fact]
    public async Task Days_ThatAreOver_AreForgotten()
    {
        var log = host.Services.GetRequiredService<PortalLogStore>();
        var old = Entry("old", e => e.At = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(-200)));
        var young = Entry("old");
        await ReportAsync(old, young);

        // More than one statement deletes.
        foreach (var _ in Enumerable.Range(0, 11))
        {
            await ReportAsync([.. Enumerable.Range(0, 500).Select(_ => Entry("old", e => e.At = old.At))]);
        }

        await using (var session = log.LightweightSession())
        {
            // The stream's own clock is the database's: as if the day had been written then.
            await session.ExecuteAsync("update portal_log.mt_streams set timestamp = now() - interval '200 days' where id = ?", CancellationToken.None,
                PortalLogEntries.StreamOf(PortalLogEntries.Read(old, DateTimeOffset.UtcNow)!));
        }

        await host.Services.GetRequiredService<PortalLogSweep>().RunAsync(CancellationToken.None);
        Assert.Equal(young.Id, (string)Assert.Single(await FindAsync("portal=old"))!["ID"]!);
        await log.RebuildAsync(CancellationToken.None);
        Assert.Single(await FindAsync("portal=old"));
    }

    [Fact]
    public async Task Report_ByAnybodyButEdge_OrOfTooMany_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => SendAsync(host, "token", [Entry("refused")]));
        Assert.True(refused.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated);
        refused = await Assert.ThrowsAsync<RpcException>(() => SendAsync(host, "edge", [.. Enumerable.Repeat(Entry("many"), 501)]));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task Entry_ThatIsBroken_CostsOnlyItself()
    {
        var hostile = Entry("hostile", e => (e.ClientName, e.Tool, e.Outcome) = ("a\0b\u001b[31m" + new string('x', 5000), "t\nu", "whatever"));
        await ReportAsync(new PortalLogEntry { Id = "no uuid", PortalId = "hostile" }, hostile, Entry("hostile", e => e.At = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddYears(5))));
        var found = await FindAsync("portal=hostile");
        Assert.Equal(2, found.Count);
        Assert.All(found, line => Assert.True(line!["Datetime"]!.GetValue<DateTimeOffset>() <= DateTimeOffset.UtcNow));
        var shown = found.First(line => (string)line!["ID"]! == hostile.Id)!;
        Assert.DoesNotContain((string)shown["ClientName"]!, char.IsControl);
        Assert.Equal(512, ((string)shown["ClientName"]!).Length);
    }

    // As a version before kept it.
    [Fact]
    public void LineWithoutTheCountry_HasNone()
        => Assert.Equal("", JsonSerializer.Deserialize($$"""{"id":"{{Guid.NewGuid()}}","at":1}""", PortalLogJson.Default.PortalRequestHandled)!.ClientCountry);

    private async Task<JsonArray> FindAsync(string query) => (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?{query}")).AsArray();

    private Task ReportAsync(params PortalLogEntry[] entries) => SendAsync(host, "edge", entries);

    internal static async Task SendAsync(ConfigHost host, string caller, IReadOnlyList<PortalLogEntry> entries)
        => await new PortalLog.PortalLogClient(host.Grpc).ReportAsync(
            new PortalLogReport { Entries = { entries } }, new Metadata { { "x-managedoauth-service", host.CredentialOf(caller) } }, DateTime.UtcNow.AddSeconds(30));

    internal static PortalLogEntry Entry(string portal, Action<PortalLogEntry>? more = null)
    {
        var entry = new PortalLogEntry
        {
            Id = Guid.CreateVersion7().ToString(),
            At = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
            PortalId = portal,
            ServerId = "gh",
            Method = "tools/call",
            Tool = "search",
            UserId = Guid.NewGuid().ToString(),
            UserEmail = "alice@example.com",
            GrantId = Guid.NewGuid().ToString(),
            FlowId = Guid.NewGuid().ToString("N"),
            ClientName = "test",
            Success = true,
            Outcome = "ok",
            ServerDurationMs = 12,
            DurationMs = 15,
        };
        more?.Invoke(entry);
        return entry;
    }
}
