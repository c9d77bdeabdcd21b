using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.ServiceDefaults.RateLimits;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.Api;

/// <summary>What an attacker, or a broken script, sends to the admin API. The names begin with the case of the attack list.</summary>
[Collection(ConfigCollection.Name)]
public sealed class HostileRequestTests(ConfigHost host)
{
    [Fact]
    public async Task A03_IdInTheBody_IsNeverTheObjectThatIsChanged()
    {
        var (own, other) = (await MakeAsync("own"), await MakeAsync("other"));
        var body = Group("renamed");
        body["id"] = (string)other["id"]!;
        body["version"] = 99;
        body["created_at"] = "2001-01-01T00:00:00Z";
        var changed = await host.Api.Must(HttpStatusCode.OK, "PUT", $"{ApiCalls.Access}/groups/{own["id"]}", body.ToJsonString());
        Assert.Equal(((string)own["id"]!, "renamed", 2L), ((string)changed["id"]!, (string)changed["name"]!, (long)changed["version"]!));
        var untouched = await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/groups/{other["id"]}");
        Assert.Equal((string)other["name"]!, (string)untouched["name"]!);
    }

    [Theory]
    [InlineData("apps")]
    [InlineData("policies")]
    [InlineData("identity_providers")]
    [InlineData("service_tokens")]
    public async Task A03_IdOfAnotherKind_IsUnknown(string kind)
    {
        var group = await MakeAsync("other kind");
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("GET", $"{ApiCalls.Access}/{kind}/{group["id"]}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("DELETE", $"{ApiCalls.Access}/{kind}/{group["id"]}")).Status);
    }

    public static TheoryData<string, string> Whole => new()
    {
        { "tags", """{"name":"A04"}""" },
        { "custom_pages", """{"name":"A04","type":"forbidden","custom_html":"<p>No</p>"}""" },
        { "groups", """{"name":"A04","include":[{"email_domain":{"domain":"a04.test"}}],"exclude":[{"ip":{"ip":"10.0.0.0/8"}}]}""" },
        { "policies", """{"name":"A04","decision":"allow","include":[{"everyone":{}}],"session_duration":"1h"}""" },
        { "service_tokens", """{"name":"A04","duration":"8760h"}""" },
        { "identity_providers", """{"name":"A04","type":"github","config":{"client_id":"c","client_secret":"hush"},"scim_config":{"enabled":true,"seat_deprovision":true}}""" },
        { "../gateway/lists", """{"name":"A04","type":"EMAIL","items":[{"value":"a@a04.test","description":"x"},{"value":"b@a04.test"}]}""" },
        { "../tokens", """{"name":"A04","permissions":["read"]}""" },
        { "ai-controls/mcp/servers", """{"id":"a04","name":"A04","hostname":"https://a04.upstream.test/mcp","auth_type":"bearer","auth_credentials":"hush","updated_tools":[{"name":"x","alias":"y"}]}""" },
        { "ai-controls/mcp/portals", """{"id":"a04","name":"A04","hostname":"a04.portal.test"}""" },
        {
            "apps", """
            {"type":"self_hosted","name":"A04","domain":"a04.test","destinations":[{"type":"public","uri":"a04-b.test"}],"session_duration":"2h","allow_iframe":true,"cors_headers":{"allowed_origins":["https://x.test"],"max_age":60},
             "oauth_configuration":{"enabled":true,"dynamic_client_registration":{"enabled":true,"allow_any_on_localhost":true,"allowed_uris":["https://client.test/cb"]},"grant":{"session_duration":"24h","access_token_lifetime":"5m"}},
             "origin":{"url":"http://10.0.0.7:9000"},"policies":[{"name":"Own","decision":"allow","include":[{"everyone":{}}]}]}
            """
        },
    };

    [Theory]
    [MemberData(nameof(Whole))]
    public async Task A04_ObjectThatIsSentBackAsItIs_IsNoChange(string kind, string body)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var made = await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/{kind}", body);
        var path = $"{ApiCalls.Access}/{kind}/{(kind == "tags" ? made["name"] : made["id"])}";
        var versions = $"{ApiCalls.Access}/{kind}/{made["uid"] ?? made["id"]}/versions";
        var before = await host.Api.Call("GET", path);
        var history = await host.Api.Must(HttpStatusCode.OK, "GET", versions);
        foreach (var (method, sent) in new[] { ("PUT", before.Result!.ToJsonString()), ("PATCH", "{}") })
        {
            var answer = await host.Api.Call(method, path, sent, ("If-Match", before.EntityTag!));
            Assert.Equal((HttpStatusCode.OK, TagOf(before)), (answer.Status, TagOf(answer)));
            Assert.Equal((string?)before.Result["updated_at"], (string?)answer.Result!["updated_at"]);
        }

        Assert.Equal(history.ToJsonString(), (await host.Api.Must(HttpStatusCode.OK, "GET", versions)).ToJsonString());
        Assert.Single(history.AsArray());

        // A server is read meanwhile, and its status is part of the answer: of its tag only the revision stays.
        string TagOf(ApiAnswer answer) => kind.EndsWith("/servers", StringComparison.Ordinal) ? answer.EntityTag!.Split('-')[0] : answer.EntityTag!;
    }

    [Theory]
    [InlineData("""{"name":"\ud800","include":[{"everyone":{}}]}""")]
    [InlineData("""{"name":"a","include":[{"everyone":{}}],"\ud800":1}""")]
    [InlineData("""{"name":"a","include":[{"group":{"id":"\udc00\ud800"}}]}""")]
    public async Task HalfASurrogatePair_IsRefusedWithTheReason(string body)
    {
        var file = """{"format":"managedoauth.configuration","format_version":1,"objects":{"group":[""" + body + "]}}";
        foreach (var (path, sent) in new[] { ("groups", body), ("apply", file) })
        {
            var answer = await host.Api.Call("POST", $"{ApiCalls.Access}/{path}", sent);
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.Contains("surrogate", answer.Body.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A04_Put_OfOneSettingAlone_LetsNobodyElseIn()
    {
        var app = await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/apps", """{"type":"self_hosted","name":"Alone","domain":"a04-alone.test","policies":[{"name":"Own","decision":"allow","include":[{"email":{"email":"a@a04.test"}}]}]}""");
        var path = $"{ApiCalls.Access}/apps/{app["id"]}";
        var put = await host.Api.Must(HttpStatusCode.OK, "PUT", path, """{"oauth_configuration":{"enabled":true}}""");
        Assert.True((bool)put["oauth_configuration"]!["enabled"]!);
        Assert.Equal((app["domain"]!.ToJsonString(), app["policies"]!.ToJsonString()), (put["domain"]!.ToJsonString(), put["policies"]!.ToJsonString()));
        var emptied = await host.Api.Must(HttpStatusCode.OK, "PUT", path, """{"type":"self_hosted","name":"Alone","domain":"a04-alone.test","policies":[]}""");
        Assert.Empty(emptied["policies"]!.AsArray());
    }

    [Theory]
    [InlineData("changes?actor=' OR 1=1 --")]
    [InlineData("changes?kind=application'; drop table x; --")]
    [InlineData("changes?per_page=1000000000")]
    [InlineData("changes?page=-1")]
    [InlineData("changes?since=9999999-01-01T00:00:00Z")]
    [InlineData("changes?since=not-a-date")]
    [InlineData("changes?cursor=%00%00")]
    [InlineData("changes?after=99999999999999999999999")]
    [InlineData("apps?page=99999999999999999999")]
    [InlineData("apps?per_page=0")]
    [InlineData("apps?name=%00")]
    [InlineData("groups?search=$.x[*]")]
    [InlineData("logs/access_requests?since=99999-01-01")]
    [InlineData("logs/access_requests?limit=100000")]
    [InlineData("logs/access_requests?email=x&emailOp=like")]
    [InlineData("logs/scim/updates?limit=0")]
    [InlineData("logs/scim/updates?page=0")]
    [InlineData("logs/scim/updates?idp_id=x")]
    [InlineData("logs/scim/updates?status=perhaps")]
    public async Task A14_HostileQuery_IsRefusedOrHarmless(string query)
    {
        var answer = await host.Api.Call("GET", $"{ApiCalls.Access}/{query}");
        Assert.True((int)answer.Status is 200 or 400 or 404, $"{answer.Status} {answer.Body.ToJsonString()}");
        var text = answer.Body.ToJsonString();
        foreach (var leak in new[] { "Npgsql", "42601", "System.", " at ManagedOAuth", "select " })
        {
            Assert.DoesNotContain(leak, text, StringComparison.OrdinalIgnoreCase);
        }

        await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/groups");
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("POST")]
    public async Task A15_History_CanBeChangedByNobody_AndOutlivesItsObject(string method)
    {
        var group = await MakeAsync("history");
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{ApiCalls.Access}/groups/{group["id"]}");
        foreach (var path in new[] { "changes", $"groups/{group["id"]}/versions", $"groups/{group["id"]}/versions/1" })
        {
            var answer = await host.Api.Call(method, $"{ApiCalls.Access}/{path}", method == "DELETE" ? null : "{}");
            Assert.True(answer.Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed, $"{method} {path}: {answer.Status}");
        }

        var versions = await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/groups/{group["id"]}/versions");
        Assert.Equal(2, versions.AsArray().Count);
    }

    [Fact]
    public async Task A05_ListsBeyondEveryMeasure_AreRefusedAtTheField()
    {
        var uris = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"https://h{i}.test/cb\""));
        foreach (var list in new[] { $"[{uris}]", $"[\"https://h.test/{new string('a', 500_000)}\"]", "[5]", "\"https://h.test/*\"", "[null]", "{}" })
        {
            var answer = await host.Api.Call("POST", $"{ApiCalls.Access}/apps",
                $$$$"""{"type":"self_hosted","name":"x","domain":"a05.test","oauth_configuration":{"enabled":true,"dynamic_client_registration":{"enabled":true,"allowed_uris":{{{{list}}}}}}}""");
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.StartsWith("/oauth_configuration/dynamic_client_registration/allowed_uris", (string?)answer.Body["errors"]![0]!["source"]!["pointer"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A05_LargeListInAnyScript_IsKeptAsItIs()
    {
        var description = new string('ж', 180);
        var items = string.Join(',', Enumerable.Range(0, 2_000).Select(index => $$"""{"value":"u{{index}}@example.com","description":"{{description}}"}"""));
        var made = await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Account}/gateway/lists", $$"""{"name":"Кириллица","type":"EMAIL","items":[{{items}}]}""");
        var read = await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Account}/gateway/lists/{made["id"]}/items?per_page=1000");
        Assert.Contains(description, read.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), StringComparison.Ordinal);
        await host.Api.Must(HttpStatusCode.OK, "DELETE", $"{ApiCalls.Account}/gateway/lists/{made["id"]}");
    }

    [Fact]
    public async Task A19_CompressedBody_IsNotUnpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes("{\"name\":\"" + new string(' ', 5_000_000) + "\"}"));
        }

        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        using var answer = await host.Api.PostAsync($"{ApiCalls.Access}/groups", content);
        Assert.True((int)answer.StatusCode is 400 or 415, $"{answer.StatusCode}");
    }

    [Fact]
    public async Task A20_WrongTokensWithoutEnd_AreThrottled_AndGoodOnesGoOn()
    {
        var address = IPAddress.Parse("203.0.113.77");
        using var guesser = host.With("mo_api_wrong000000000000000000000000000000000000000", address);

        Assert.Equal(HttpStatusCode.Unauthorized, (await guesser.GetAsync($"{ApiCalls.Access}/apps")).StatusCode);

        // Takes the permits of hours ahead: the same counter, at a slower pace. By guessing alone a slow machine gets them back as fast as it guesses.
        var limiter = host.Services.GetRequiredService<RateLimiter>();
        for (var taken = 0; taken < 3; taken++)
        {
            await limiter.AcquireAsync(new RateLimit("api-token-failures", 1, TimeSpan.FromHours(1), 10), RateLimitSubjects.Source(address));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await guesser.GetAsync($"{ApiCalls.Access}/apps")).StatusCode);
        using var good = host.With(ConfigHost.Token, address);
        Assert.Equal(HttpStatusCode.OK, (await good.GetAsync($"{ApiCalls.Access}/apps")).StatusCode);
    }

    [Fact]
    public async Task A20_MissingAndForeignIds_AnswerAlike()
    {
        var one = await host.Api.Call("GET", $"{ApiCalls.Access}/apps/{Guid.NewGuid()}");
        var group = await MakeAsync("alike");
        var other = await host.Api.Call("GET", $"{ApiCalls.Access}/apps/{group["id"]}");
        Assert.Equal((one.Status, one.Body.ToJsonString()), (other.Status, other.Body.ToJsonString()));
    }

    private static JsonObject Group(string name)
        => new() { ["name"] = name, ["include"] = new JsonArray(new JsonObject { ["everyone"] = new JsonObject() }) };

    private async Task<JsonNode> MakeAsync(string name)
        => await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/groups", Group($"{name} {Guid.NewGuid():N}").ToJsonString());
}
