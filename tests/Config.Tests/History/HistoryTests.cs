using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.History;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.History;

[Collection(ConfigCollection.Name)]
public sealed class HistoryTests(ConfigHost host)
{
    [Fact]
    public async Task Versions_TellWhoChangedWhatAndWhen()
    {
        var id = await Group("first");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/groups/{id}", """{"name":"second"}""");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/groups/{id}", """{"include":[{"everyone":{}},{"email_domain":{"domain":"example.com"}}]}""");

        var versions = await host.Api.Call("GET", $"{Access}/groups/{id}/versions?per_page=2");
        Assert.Equal(3, (int)versions.Info["total_count"]!);
        Assert.Equal([3, 2], versions.Result!.AsArray().Select(version => (int)version!["version"]!));
        Assert.Equal("""[{"op":"add","path":"/include/1","new":{"email_domain":{"domain":"example.com"}}}]""", versions.Result[0]!["changes"]!.ToJsonString());
        Assert.Equal("""[{"op":"replace","path":"/name","old":"first","new":"second"}]""", versions.Result[1]!["changes"]!.ToJsonString());
        Assert.Equal(("api-token:bootstrap", "group_changed"), ((string)versions.Result[0]!["actor"]!, (string)versions.Result[0]!["event"]!));

        var first = await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/groups/{id}/versions/1");
        Assert.Equal(("first", "group_created"), ((string)first["object"]!["name"]!, (string)first["event"]!));
        Assert.Equal(2, (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/groups/{id}/versions/1/diff/3"))["changes"]!.AsArray().Count);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("GET", $"{Access}/groups/{id}/versions/4")).Status);

        // Another kind's id is nothing here.
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("GET", $"{Access}/policies/{id}/versions")).Status);
    }

    [Fact]
    public async Task Restore_BringsAVersionBackAsANewOne()
    {
        var id = await Group("good");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/groups/{id}", """{"name":"bad","is_default":true}""");
        var stale = await host.Api.Call("POST", $"{Access}/groups/{id}/versions/1/restore", null, ("If-Match", "\"1\""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, stale.Status);
        var tried = await host.Api.Call("POST", $"{Access}/groups/{id}/versions/1/restore?dry_run=true");
        Assert.Equal(2, tried.Info["changes"]!.AsArray().Count);

        var restored = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/groups/{id}/versions/1/restore");
        Assert.Equal(("good", false, 3), ((string)restored["name"]!, (bool)restored["is_default"]!, (int)restored["version"]!));
        Assert.Equal(1, (int)(await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/groups/{id}/versions/3"))["restored_from"]!);
    }

    [Fact]
    public async Task Restore_OfARemovedApplication_ClaimsItsAddressesAndItsPoliciesOfThen()
    {
        var app = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", """
            {"type":"self_hosted","name":"Gone","domain":"gone.restore.test","policies":[{"name":"Own","decision":"allow","include":[{"everyone":{}}]}]}
            """);
        var id = (string)app["id"]!;
        var own = (string)app["policies"]![0]!["id"]!;
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/policies/{own}", """{"decision":"deny"}""");
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/apps/{id}");
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{Access}/apps/{id}/versions/2/restore")).Status);

        // Somebody else has the address by now.
        var other = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", """{"type":"self_hosted","name":"Squatter","domain":"gone.restore.test"}""");
        var refused = await host.Api.Call("POST", $"{Access}/apps/{id}/versions/1/restore");
        Assert.Equal((HttpStatusCode.BadRequest, "/domain"), (refused.Status, (string)refused.Body["errors"]![0]!["source"]!["pointer"]!));
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/apps/{other["id"]}");

        var restored = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/apps/{id}/versions/1/restore");
        Assert.Equal(((string)app["aud"]!, "allow"), ((string)restored["aud"]!, (string)restored["policies"]![0]!["decision"]!));
        await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/apps/{id}");
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{Access}/apps", """{"type":"self_hosted","name":"Squatter","domain":"gone.restore.test"}""")).Status);
    }

    [Fact]
    public async Task Restore_OfAPolicyWhoseGroupIsGone_IsRefused()
    {
        var group = await Group("to go");
        var policy = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/policies", $$$"""{"name":"Uses it","decision":"allow","include":[{"group":{"id":"{{{group}}}"}}]}""");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/policies/{policy["id"]}", """{"include":[{"everyone":{}}]}""");
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/groups/{group}");
        var refused = await host.Api.Call("POST", $"{Access}/policies/{policy["id"]}/versions/1/restore");
        Assert.Equal((HttpStatusCode.BadRequest, "/include/0"), (refused.Status, (string)refused.Body["errors"]![0]!["source"]!["pointer"]!));

        // The group itself comes back, and then the policy can.
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/groups/{group}/versions/1/restore");
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/policies/{policy["id"]}/versions/1/restore");
    }

    [Fact]
    public async Task ServiceToken_HistoryShowsNoHashAndBringsNoSecretBack()
    {
        var made = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/service_tokens", """{"name":"historic"}""");
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/service_tokens/{made["id"]}/rotate");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/service_tokens/{made["id"]}", """{"name":"renamed"}""");
        var versions = (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/service_tokens/{made["id"]}/versions")).ToJsonString();
        Assert.DoesNotContain("hash", versions, StringComparison.Ordinal);
        var restored = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/service_tokens/{made["id"]}/versions/1/restore");
        Assert.Equal(("historic", 2), ((string)restored["name"]!, (int)restored["client_secret_version"]!));
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("POST", $"{Account}/tokens/{Guid.NewGuid()}/versions/1/restore")).Status);
    }

    [Fact]
    public async Task Changes_AreFilteredAndPaged()
    {
        var id = await Group("feed of changes");
        for (var index = 0; index < 4; index++)
        {
            await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/groups/{id}", $$"""{"name":"{{index}}"}""");
        }

        var seen = new List<int>();
        var cursor = "";
        do
        {
            var page = await host.Api.Call("GET", $"{Access}/changes?kind=group&id={id}&actor=api-token:bootstrap&per_page=2&cursor={cursor}");
            seen.AddRange(page.Result!.AsArray().Select(change => (int)change!["version"]!));
            cursor = (string?)page.Info["cursor"] ?? "";
        }
        while (cursor.Length > 0);
        Assert.Equal([5, 4, 3, 2, 1], seen);
        Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/changes?id={id}&actor=user:nobody")).AsArray());
        Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/changes?id={id}&kind=policy")).AsArray());
        Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/changes?id={id}&since=2100-01-01T00:00:00Z")).AsArray());
        foreach (var wrong in new[] { "kind=nonsense", "id=1", "since=yesterday", "cursor=-1", "per_page=1000" })
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("GET", $"{Access}/changes?{wrong}")).Status);
        }
    }

    [Fact]
    public async Task AsOf_IsTheConfigurationOfThen_AndDiffWhatHappenedSince()
    {
        var id = await Group("as of");
        var then = At(await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/groups/{id}/versions/1"));
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/groups/{id}", """{"name":"as of now"}""");
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/groups/{id}");
        var end = At(await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/groups/{id}/versions/3"));

        var asOf = await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/as_of?time={then}&kind=group");
        Assert.Equal("as of", (string)asOf["group"]!.AsArray().Single(group => (string)group!["id"]! == id)!["name"]!);
        Assert.DoesNotContain(id, (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/as_of?time={end}")).ToJsonString(), StringComparison.Ordinal);

        var diff = await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/diff?from={then}&to={end}");
        Assert.Equal("remove", (string)diff["differences"]!.AsArray().Single(difference => (string)difference!["id"]! == id)!["action"]!);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("GET", $"{Access}/diff?from={end}&to={then}")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("GET", $"{Access}/as_of")).Status);
    }

    [Fact]
    public async Task AsOf_OfOneKind_ComesInPagesThatHaveEachObjectOnce()
    {
        await Group("page one");
        await Group("page two");
        var now = Uri.EscapeDataString(DateTimeOffset.UtcNow.AddSeconds(1).ToString("O"));
        var whole = (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/as_of?time={now}&kind=group"))["group"]!.AsArray().Select(group => (string)group!["id"]!).ToList();
        var (pages, page) = (new List<string>(), 1);
        JsonNode answer;
        do
        {
            answer = await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/as_of?time={now}&kind=group&per_page=2&page={page++}");
            pages.AddRange((answer["group"] as JsonArray ?? []).Select(group => (string)group!["id"]!));
        }
        while (answer["group"] is not null && pages.Count < (int)answer["total_count"]!);
        Assert.Equal(whole, pages);
        foreach (var wrong in new[] { "page=2", "kind=group&per_page=0", "per_page=5000&kind=group" })
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("GET", $"{Access}/as_of?time={now}&{wrong}")).Status);
        }
    }

    [Fact]
    public async Task AsOf_OfMoreThanIsComputed_IsRefusedBeforeItFillsTheMemory()
    {
        await Group("one of too many");
        await Group("another of too many");
        var services = host.Services;
        using var narrow = new ConfigurationHistory(services.GetRequiredService<IDocumentStore>(), services.GetServices<IObjectKind>()) { MostEvents = 1 };
        Assert.Null(await narrow.AsOfAsync(DateTimeOffset.UtcNow, null, default));
        using var turn = await narrow.EnterAsync(default);
        Assert.NotNull(turn);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => narrow.EnterAsync(deadline.Token));
    }

    private static string At(JsonNode change) => Uri.EscapeDataString((string)change["at"]!);

    private async Task<string> Group(string name)
        => (string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", $$"""{"name":"{{name}}","include":[{"everyone":{} }]}"""))["id"]!;
}
