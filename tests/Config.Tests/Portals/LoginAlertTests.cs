using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Portals.Alerts;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wolverine;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>What becomes known of the credentials and logins at servers, and the alerts about them.</summary>
[Collection(ConfigCollection.Name)]
public sealed class LoginAlertTests(ConfigHost host) : ReadServerTests(host)
{
    [Fact]
    public async Task FixedCredentialThatIsRefused_IsKnownAtOnce_AndOverWhenAnotherIsEntered()
    {
        await using var upstream = await UpstreamServer.StartAsync();
        var id = await AddAsync(upstream.Origin + "/mcp", "bearer", ""","auth_credentials":"sk-1" """);
        var server = await BecomesAsync(id, "ready", withTools: true);
        Assert.Equal("not_required", (string)server["authentication_status"]!);
        upstream.Status = 401;
        var edge = ReadingsOf("edge");
        await edge.Client.HeardAsync(
            new HeardRequest { Servers = { new HeardServer { ServerId = (string)server["uid"]!, Reason = HeardServer.Types.Reason.CredentialRefused } } }, edge.Headers);
        server = await BecomesAsync(id, "stale");
        Assert.Equal("stale", (string)server["authentication_status"]!);
        var alert = Assert.Single((await AlertsAsync(id)).AsArray())!;
        Assert.Equal("credential_stale", (string)alert["kind"]!);
        Assert.Contains("enter another one", (string)alert["detail"]!, StringComparison.Ordinal);
        upstream.Status = null;
        await Host.Api.Must(HttpStatusCode.OK, "PATCH", $"{PortalCalls.Servers}/{id}", """{"auth_credentials":"sk-2"}""");
        Assert.Equal("not_required", (string)(await BecomesAsync(id, "ready"))["authentication_status"]!);
        Assert.Empty((await AlertsAsync(id)).AsArray());
    }

    [Fact]
    public async Task LoginThatDied_IsKnownAtOnce_TheSharedOneAndThoseOfUsers()
    {
        var id = await AddAsync("https://10.0.0.1/mcp", "oauth");
        var uid = Guid.Parse((string)(await Host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["uid"]!);
        var (ann, bob, now) = (Guid.NewGuid(), Guid.NewGuid(), DateTimeOffset.UtcNow);
        await TellAsync(new UpstreamLoginChanged(uid, ann, "ann@example.com", IsStale: true, "invalid_grant", now));
        await TellAsync(new UpstreamLoginChanged(uid, bob, "bob@example.com", IsStale: false, "", now));
        var alert = Assert.Single((await AlertsAsync(id)).AsArray())!;
        Assert.Equal(("user_credential_stale", "ann@example.com"), ((string)alert["kind"]!, (string)Assert.Single(alert["names"]!.AsArray())!));

        // Her address is another one by now; what died before she logged in again, and bob did, is told too late.
        await TellAsync(new UpstreamLoginChanged(uid, ann, "ann@example.org", IsStale: false, "", now.AddMinutes(1)));
        await TellAsync(new UpstreamLoginChanged(uid, ann, "ann@example.com", IsStale: true, "invalid_grant", now.AddSeconds(59)));
        await TellAsync(new UpstreamLoginChanged(uid, bob, "bob@example.com", IsStale: true, "invalid_grant", now.AddSeconds(-1)));
        Assert.Empty((await AlertsAsync(id)).AsArray());

        await TellAsync(new UpstreamLoginChanged(uid, null, "", IsStale: true, "invalid_grant", now));
        Assert.Equal("stale", (string)(await Host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["authentication_status"]!);
        Assert.Equal("credential_stale", (string)Assert.Single((await AlertsAsync(id)).AsArray())!["kind"]!);

        // Nobody to tell of it.
        await TellAsync(new UpstreamLoginChanged(Guid.NewGuid(), null, "", IsStale: true, "invalid_grant", now));
    }

    [Fact]
    public async Task SharedLoginThatWasGrantedTooLittle_IsToldOf_UntilItIsMadeAnew()
    {
        var id = await AddAsync("https://10.0.0.1/mcp", "oauth");
        var uid = Guid.Parse((string)(await Host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["uid"]!);
        var now = DateTimeOffset.UtcNow;
        await TellAsync(new UpstreamLoginChanged(uid, null, "", IsStale: false, "", now, "notes.write notes.admin"));
        var alert = Assert.Single((await AlertsAsync(id)).AsArray(), entry => (string)entry!["kind"]! == "scope_missing")!;
        Assert.Equal(["notes.write", "notes.admin"], alert["names"]!.AsArray().Select(name => (string)name!));
        await TellAsync(new UpstreamLoginChanged(uid, null, "", IsStale: false, "", now.AddSeconds(1)));
        Assert.DoesNotContain((await AlertsAsync(id)).AsArray(), entry => (string)entry!["kind"]! == "scope_missing");
    }

    [Fact]
    public async Task ScopeThatAUserWasNotGranted_IsNotKept()
    {
        var id = await AddAsync("https://10.0.0.1/mcp", "oauth");
        var uid = Guid.Parse((string)(await Host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["uid"]!);
        var user = Guid.NewGuid();
        await TellAsync(new UpstreamLoginChanged(uid, user, "carl@example.com", IsStale: false, "", DateTimeOffset.UtcNow, "notes.write"));
        await using var session = Host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        Assert.Equal("", (await session.LoadAsync<McpUserLogin>(McpUserLogin.IdOf(uid, user)))!.MissingScope);
        Assert.Empty((await AlertsAsync(id)).AsArray());
    }

    // As a version before kept and told it.
    [Fact]
    public async Task MembersThatAVersionBeforeDidNotHave_AreNothing()
    {
        var old = JsonSerializer.Deserialize($$"""{"id":"{{Guid.NewGuid()}}","serverUid":"{{Guid.NewGuid()}}","user":"","isStale":false,"at":"2026-11-22T00:00:00Z"}""", ConfigJson.Default.McpUserLogin)!;
        Assert.Equal("", old.MissingScope);
        var id = await AddAsync("https://10.0.0.1/mcp", "oauth");
        var uid = Guid.Parse((string)(await Host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["uid"]!);
        await TellAsync(JsonSerializer.Deserialize<UpstreamLoginChanged>($$"""{"serverId":"{{uid}}","userId":null,"user":"","isStale":false,"reason":""}""", JsonSerializerOptions.Web)!);
        Assert.Empty((await AlertsAsync(id)).AsArray());
    }

    [Fact]
    public async Task AlertAboutLogins_IsOver_WhenNobodyLogsInAtTheServerAnyMore()
    {
        var id = await AddAsync("https://10.0.0.1/mcp", "oauth");
        var uid = Guid.Parse((string)(await Host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["uid"]!);
        await TellAsync(new UpstreamLoginChanged(uid, Guid.NewGuid(), "ann@example.com", IsStale: true, "invalid_grant", DateTimeOffset.UtcNow));
        Assert.Single((await AlertsAsync(id)).AsArray());
        await Host.Api.Must(HttpStatusCode.OK, "PATCH", $"{PortalCalls.Servers}/{id}", """{"auth_type":"unauthenticated"}""");
        await Eventually.Async(async () => (await AlertsAsync(id)).AsArray().All(alert => (string)alert!["kind"]! != "user_credential_stale"));
    }

    // Whoever comes second has read the alert before the first has changed it.
    [Fact]
    public async Task AlertThatIsAcknowledgedWhileItChanges_LosesNeither()
    {
        var id = await AddAsync("https://10.0.0.1/mcp", "oauth");
        var uid = Guid.Parse((string)(await Host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["uid"]!);
        await TellAsync(new UpstreamLoginChanged(uid, Guid.NewGuid(), "ann@example.com", IsStale: true, "invalid_grant", DateTimeOffset.UtcNow));
        var alert = (string)Assert.Single((await AlertsAsync(id)).AsArray())!["id"]!;
        var store = Host.Services.GetRequiredService<IDocumentStore>();
        var changes = new List<Task>();
        await using (var holder = store.LightweightSession())
        {
            await McpServerStatuses.LockAsync(holder, uid, default);
            changes.Add(Host.Api.Must(HttpStatusCode.OK, "POST", $"{PortalCalls.Mcp}/alerts/{alert}/acknowledge"));
            changes.Add(TellAsync(new UpstreamLoginChanged(uid, Guid.NewGuid(), "bob@example.com", IsStale: true, "invalid_grant", DateTimeOffset.UtcNow)));
            await Eventually.Async(async () => await WaitingAsync(uid) >= 2);
        }

        await Task.WhenAll(changes);
        var after = Assert.Single((await AlertsAsync($"{id}&state=all")).AsArray())!;
        Assert.Equal(["ann@example.com", "bob@example.com"], after["names"]!.AsArray().Select(name => (string)name!));

        // What came after it was acknowledged is something new.
        Assert.True(after["acknowledged_at"] is null || (DateTimeOffset)after["acknowledged_at"]! >= (DateTimeOffset)after["updated_at"]!, after.ToJsonString());
    }

    // Those who want to change what is known of a server while somebody else does.
    private async Task<long> WaitingAsync(Guid server)
    {
        await using var command = Host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted and (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0)");
        command.Parameters.Add(new NpgsqlParameter { Value = $"mcp-sync:{server}" });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task TellAsync(UpstreamLoginChanged message)
    {
        await using var scope = Host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMessageBus>().InvokeAsync(message);
    }
}
