using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
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
        Assert.Equal((HttpStatusCode.BadRequest, "/include/0/group/id"), (refused.Status, (string)refused.Body["errors"]![0]!["source"]!["pointer"]!));

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
            Assert.All(page.Result.AsArray().Where(change => (int)change!["version"]! > 2), change => Assert.Equal($"{(int)change!["version"]! - 3}", (string)change["changes"]![0]!["old"]!));
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
    public async Task Changes_TellApiTokensOfOneNameApart_AlsoAfterAnother()
    {
        var tokens = new List<JsonNode>();
        foreach (var _ in (int[])[1, 2])
        {
            tokens.Add(await host.Api.Must(HttpStatusCode.Created, "POST", $"{Account}/tokens", """{"name":"twin % _","permissions":["organizations_write"]}"""));
        }

        using var first = host.With((string)tokens[0]["value"]!);
        using var second = host.With((string)tokens[1]["value"]!);
        var id = (string)(await first.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", """{"name":"of the first","include":[{"everyone":{}}]}"""))["id"]!;
        await second.Must(HttpStatusCode.OK, "PATCH", $"{Access}/groups/{id}", """{"name":"of the second"}""");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Account}/tokens/{tokens[0]["id"]}", """{"name":"another name"}""");
        await first.Must(HttpStatusCode.OK, "PATCH", $"{Access}/groups/{id}", """{"name":"of the first again"}""");
        Assert.Equal([(3, "api-token:another name"), (1, "api-token:twin % _")], await Found($"actor_id={tokens[0]["id"]}"));
        Assert.Equal([(2, "api-token:twin % _")], await Found($"actor_id={tokens[1]["id"]}"));
        Assert.Equal([(2, "api-token:twin % _"), (1, "api-token:twin % _")], await Found($"actor={Uri.EscapeDataString("api-token:twin % _")}"));
        Assert.Empty(await Found($"actor={Uri.EscapeDataString("api-token:twin __")}"));
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("GET", $"{Access}/changes?actor_id=ci")).Status);

        async Task<IEnumerable<(int, string)>> Found(string filter)
            => (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/changes?id={id}&{filter}")).AsArray().Select(change => ((int)change!["version"]!, (string)change["actor"]!)).ToList();
    }

    [Fact]
    public async Task Diff_ShowsWholeObjects_ToWhoMayReadEverything_PageByPage()
    {
        var then = Uri.EscapeDataString(DateTimeOffset.UtcNow.AddSeconds(-1).ToString("O"));
        var (first, second) = (await Group("diff 1"), await Group("diff 2"));
        var until = Uri.EscapeDataString(DateTimeOffset.UtcNow.AddSeconds(1).ToString("O"));
        var token = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Account}/tokens", """{"name":"auditor","permissions":["audit_logs_read"]}""");
        using var auditor = host.With((string)token["value"]!);
        Assert.Equal(HttpStatusCode.Forbidden, (await auditor.Call("GET", $"{Access}/diff?from={then}&to={until}")).Status);
        var seen = new List<string>();
        for (var (page, total) = (1, 1); page <= total; page++)
        {
            var shown = await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/diff?from={then}&to={until}&page={page}&per_page=1");
            total = (int)shown["total_count"]!;
            seen.AddRange(shown["differences"]!.AsArray().Select(difference => (string)difference!["id"]!));
        }

        Assert.Equal([first, second], seen.Where(id => id == first || id == second));
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("GET", $"{Access}/diff?from={then}&to={until}&per_page=0")).Status);
    }

    [Theory]
    [InlineData("api-token:4f3cbb0e-07b1-4b1f-a6c6-6a3a2c4f7f10:ci", "api-token:ci", true)]
    [InlineData("api-token:ci", "api-token:ci", false)]
    [InlineData("api-token:a name of thirty-six characters, yes:ci", "api-token:a name of thirty-six characters, yes:ci", false)]
    [InlineData("user:alice@example.com", "user:alice@example.com", false)]
    [InlineData(null, null, false)]
    public void Actor_IsShownByName_AlsoOfOldEvents(string? actor, string? shown, bool hasId)
    {
        var (name, id) = Actors.Split(actor);
        Assert.Equal((shown, hasId), (name, id is not null));
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
