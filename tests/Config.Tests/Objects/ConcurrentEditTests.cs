using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Objects;

/// <summary>Entity tags, preconditions and PATCH: two administrators at one object lose nothing of each other.</summary>
[Collection(ConfigCollection.Name)]
public sealed class ConcurrentEditTests(ConfigHost host)
{
    [Fact]
    public async Task TwoAdministrators_WithIfMatch_LoseNothing()
    {
        var id = await Group("two administrators");
        using var other = await host.AddReplicaAsync();
        var (first, second) = (await host.Api.Call("GET", $"{Access}/groups/{id}"), await other.Call("GET", $"{Access}/groups/{id}"));
        Assert.Equal(first.EntityTag, second.EntityTag);
        await host.Api.Must(HttpStatusCode.OK, "PUT", $"{Access}/groups/{id}", Named("from the first"), ("If-Match", first.EntityTag!));

        var refused = await other.Call("PUT", $"{Access}/groups/{id}", Named("from the second"), ("If-Match", second.EntityTag!));
        Assert.Equal((HttpStatusCode.PreconditionFailed, 12136), (refused.Status, (int)refused.Body["errors"]![0]!["code"]!));
        Assert.Equal("from the first", (string)(await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/groups/{id}"))["name"]!);

        // The refusal names the tag to go on with.
        Assert.Equal(HttpStatusCode.OK, (await other.Call("PUT", $"{Access}/groups/{id}", Named("from the second"), ("If-Match", refused.EntityTag!))).Status);
    }

    [Fact]
    public async Task ManyAdministrators_WithOneTag_OneSucceeds()
    {
        var id = await Group("many administrators");
        using var other = await host.AddReplicaAsync();
        var tag = (await host.Api.Call("GET", $"{Access}/groups/{id}")).EntityTag!;
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(index => (index % 2 == 0 ? host.Api : other).Call("PATCH", $"{Access}/groups/{id}", $$"""{"name":"{{index}}"}""", ("If-Match", tag))));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(9, answers.Count(answer => answer.Status == HttpStatusCode.PreconditionFailed));
    }

    [Theory]
    [InlineData("*", HttpStatusCode.OK)]
    [InlineData("\"1\"", HttpStatusCode.OK)]
    [InlineData("\"7\", \"1-abc\"", HttpStatusCode.OK)]
    [InlineData("\"11\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("W/\"1\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("nonsense", HttpStatusCode.PreconditionFailed)]
    public async Task Delete_WithIfMatch_IsDoneOnlyOnThatVersion(string tag, HttpStatusCode status)
    {
        var id = await Group("tags");
        Assert.Equal(status == HttpStatusCode.OK ? HttpStatusCode.Accepted : status, (await host.Api.Call("DELETE", $"{Access}/groups/{id}", null, ("If-Match", tag))).Status);
    }

    [Fact]
    public async Task Get_WithIfNoneMatch_Is304UntilSomethingShownChanges()
    {
        var policy = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/policies", """{"name":"Tagged","decision":"allow","include":[{"everyone":{}}]}"""))["id"]!;
        var app = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", $$"""{"type":"self_hosted","name":"Tagged","domain":"tagged-anew.test","policies":["{{policy}}"]}"""))["id"]!;
        var tag = (await host.Api.Call("GET", $"{Access}/apps/{app}")).EntityTag!;
        Assert.Equal(HttpStatusCode.NotModified, (await host.Api.Call("GET", $"{Access}/apps/{app}", null, ("If-None-Match", tag))).Status);

        // The policy is shown with the application: another answer, but no other version of the application.
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/policies/{policy}", """{"name":"Tagged anew"}""");
        Assert.Equal(HttpStatusCode.OK, (await host.Api.Call("GET", $"{Access}/apps/{app}", null, ("If-None-Match", tag))).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.Api.Call("PATCH", $"{Access}/apps/{app}", """{"name":"Tagged too"}""", ("If-Match", tag))).Status);
    }

    [Fact]
    public async Task Application_WhoseOwnPolicyWasChanged_HasAnotherTag()
    {
        var app = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", """{"type":"self_hosted","name":"Own","domain":"own.tag.test","policies":[{"name":"Own","decision":"allow","include":[{"everyone":{}}]}]}""");
        var tag = (await host.Api.Call("GET", $"{Access}/apps/{app["id"]}")).EntityTag!;
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/policies/{app["policies"]![0]!["id"]}", """{"name":"Own, renamed"}""");
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Api.Call("PUT", $"{Access}/apps/{app["id"]}", app.ToJsonString(), ("If-Match", tag))).Status);
    }

    [Fact]
    public async Task Patch_ChangesWhatItNamesAndNothingElse()
    {
        var app = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", """
            {"type":"self_hosted","name":"Patched","domain":"patched.test","session_duration":"1h","origin":{"url":"http://127.0.0.1:9000"},"tags":[],
             "oauth_configuration":{"enabled":true,"dynamic_client_registration":{"allow_any_on_loopback":true},"grant":{"session_duration":"24h"}},
             "policies":[{"name":"Own","decision":"allow","include":[{"everyone":{}}]}]}
            """);
        var patched = await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/apps/{app["id"]}", """{"oauth_configuration":{"grant":{"access_token_lifetime":"5m"}},"id":"ignored","aud":"ignored"}""");
        var expected = app.DeepClone();
        expected["oauth_configuration"]!["grant"]!["access_token_lifetime"] = "5m";
        foreach (var noise in new[] { "version", "updated_at" })
        {
            expected[noise] = patched[noise]!.DeepClone();
        }

        Assert.Equal(expected.ToJsonString(), patched.ToJsonString());

        // null removes: the origin goes, and so does the session duration, whose default comes back.
        patched = await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/apps/{app["id"]}", """{"origin":null,"session_duration":null}""");
        Assert.Null(patched["origin"]);
        Assert.Equal("24h", (string)patched["session_duration"]!);
        Assert.Single(patched["policies"]!.AsArray());
    }

    [Theory]
    [InlineData("application/json-patch+json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=utf-8", HttpStatusCode.OK)]
    public async Task Patch_OfAnotherType_IsRefused(string type, HttpStatusCode status)
    {
        var id = await Group("patch types");
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"{Access}/groups/{id}") { Content = new ByteArrayContent("{}"u8.ToArray()) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await host.Api.SendAsync(request);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status != HttpStatusCode.OK, answer.Headers.Contains("Accept-Patch"));
    }

    [Fact]
    public async Task DryRun_ShowsTheDifferenceAndSavesNothing()
    {
        var policy = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/policies", """{"name":"Dry","decision":"allow","include":[{"everyone":{}}]}"""))["id"]!;
        var app = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", $$"""{"type":"self_hosted","name":"Dry","domain":"dry.test","policies":["{{policy}}"]}""");
        var dry = await host.Api.Call("PATCH", $"{Access}/policies/{policy}?dry_run=true", """{"decision":"deny"}""");
        Assert.Equal((HttpStatusCode.OK, "deny"), (dry.Status, (string)dry.Result!["decision"]!));
        Assert.Equal("""[{"op":"replace","path":"/decision","old":"allow","new":"deny"}]""", dry.Info["changes"]!.ToJsonString());
        Assert.Equal(((string)app["id"]!, 1), ((string)dry.Info["touches"]!["applications"]![0]!["id"]!, (int)dry.Info["touches"]!["application_count"]!));
        Assert.Equal("allow", (string)(await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/policies/{policy}"))["decision"]!);

        Assert.Equal(HttpStatusCode.OK, (await host.Api.Call("DELETE", $"{Access}/apps/{app["id"]}?dry_run=true")).Status);
        await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/apps/{app["id"]}");
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("PUT", $"{Access}/apps/{app["id"]}?dry_run=true", """{"type":"ssh"}""")).Status);

        // A secret is not made by trying, and a request that has no dry run is refused, not done.
        Assert.Null((await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/service_tokens?dry_run=true", """{"name":"dry"}"""))["client_secret"]);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{Access}/grants/{Guid.NewGuid()}/revoke?dry_run=true")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{Access}/identity_providers/{Guid.NewGuid()}/test?dry_run=true")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{Access}/groups?dry_run=perhaps", "{}")).Status);
    }

    private static string Named(string name) => $$"""{"name":"{{name}}","include":[{"everyone":{} }]}""";

    private async Task<string> Group(string name) => (string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", Named(name)))["id"]!;
}
