using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Api;

[Collection(ConfigCollection.Name)]
public sealed class AdminApiTests(ConfigHost host)
{
    private const string Access = "/client/v4/accounts/default/access";

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("mo_api_unknown000000000000000000000000000000000000")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task AnyPath_WithoutAValidToken_Is401WithOneBody(string? token)
    {
        using var client = host.With(token);
        var answer = await client.GetAsync($"{Access}/apps");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("""{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[],"result":null}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Token_InTheQuery_IsNoToken()
    {
        using var client = host.With(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"{Access}/apps?token={ConfigHost.Token}&access_token={ConfigHost.Token}")).StatusCode);
    }

    [Fact]
    public async Task ReadToken_MayReadAndMayNotWrite()
    {
        var made = await Post("/client/v4/accounts/default/tokens", new JsonObject { ["name"] = "reader", ["permissions"] = new JsonArray("read") }, HttpStatusCode.Created);
        using var reader = host.With((string)made["value"]!);
        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync($"{Access}/apps")).StatusCode);
        var refused = await reader.PostAsJsonAsync($"{Access}/groups", new { });
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("9109", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var listed = await Get("/client/v4/accounts/default/tokens");
        Assert.DoesNotContain((string)made["value"]!, listed.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await host.Api.DeleteAsync($"/client/v4/accounts/default/tokens/{made["id"]}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await reader.GetAsync($"{Access}/apps")).StatusCode);
    }

    [Fact]
    public async Task Request_ThatDidNotComeThroughEdge_Is403()
    {
        using var direct = new HttpClient { BaseAddress = host.Api.BaseAddress };
        direct.DefaultRequestHeaders.Authorization = new("Bearer", ConfigHost.Token);
        Assert.Equal(HttpStatusCode.Forbidden, (await direct.GetAsync($"{Access}/apps")).StatusCode);
    }

    [Theory]
    [InlineData("/client/v4/accounts/other/access/apps")]
    [InlineData("/client/v4/accounts/default/access/nothing")]
    [InlineData("/client/v4/accounts/default/access/apps/5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11")]
    [InlineData("/client/v4/accounts/default/access/apps/not-a-uuid")]
    public async Task UnknownPathAccountOrObject_Is404InTheEnvelope(string path)
    {
        var answer = await host.Api.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.False((bool)(await ConfigHost.ReadAsync(answer))["success"]!);
    }

    [Fact]
    public async Task Application_CreateReadReplaceDelete_RoundTrips()
    {
        var policy = await Post($"{Access}/policies", JsonNode.Parse("""{"name":"Allow crud.test","decision":"allow","include":[{"email_domain":{"domain":"crud.test"}}]}""")!, HttpStatusCode.Created);
        var created = await Post($"{Access}/apps", JsonNode.Parse($$$"""
            {"type":"self_hosted","name":"CRUD","domain":"crud.example.com","policies":["{{{policy["id"]}}}"],
             "origin":{"url":"http://127.0.0.1:9000"},"oauth_configuration":{"enabled":true}}
            """)!, HttpStatusCode.Created);
        Assert.Equal(64, ((string)created["aud"]!).Length);
        Assert.Equal((string)created["id"]!, (string)created["uid"]!);
        Assert.Equal("Allow crud.test", (string)created["policies"]![0]!["name"]!);
        Assert.Equal(1, (int)(await Get($"{Access}/policies/{policy["id"]}"))["app_count"]!);

        // What a GET gives can be put back, and changes nothing.
        var read = await Get($"{Access}/apps/{created["id"]}");
        var put = await Put($"{Access}/apps/{created["id"]}", read);
        foreach (var same in new[] { "aud", "domain", "policies", "oauth_configuration", "origin", "created_at" })
        {
            Assert.True(JsonNode.DeepEquals(read[same], put[same]) || same == "policies", same);
        }

        Assert.Equal((1, (string)read["updated_at"]!), ((int)put["version"]!, (string)put["updated_at"]!));
        Assert.Equal((string)policy["id"]!, (string)put["policies"]![0]!["id"]!);

        Assert.Equal(HttpStatusCode.Conflict, (await host.Api.DeleteAsync($"{Access}/policies/{policy["id"]}")).StatusCode);
        var removed = await host.Api.DeleteAsync($"{Access}/apps/{created["id"]}");
        Assert.Equal(HttpStatusCode.Accepted, removed.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.GetAsync($"{Access}/apps/{created["id"]}")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await host.Api.DeleteAsync($"{Access}/policies/{policy["id"]}")).StatusCode);
        await Post($"{Access}/apps", JsonNode.Parse("""{"type":"self_hosted","name":"Again","domain":"crud.example.com"}""")!, HttpStatusCode.Created);
    }

    [Fact]
    public async Task Application_InlinePolicies_AreStoredWithItAndReplaced()
    {
        var created = await Post($"{Access}/apps", JsonNode.Parse("""
            {"type":"self_hosted","name":"Inline","domain":"inline.example.com",
             "policies":[{"name":"Own","decision":"allow","include":[{"everyone":{}}]}]}
            """)!, HttpStatusCode.Created);
        var own = created["policies"]![0]!;
        Assert.False((bool)own["reusable"]!);
        var changed = created.DeepClone();
        changed["policies"]![0]!["name"] = "Renamed";
        var put = await Put($"{Access}/apps/{created["id"]}", changed);
        Assert.Equal(((string)own["id"]!, "Renamed", 2), ((string)put["policies"]![0]!["id"]!, (string)put["policies"]![0]!["name"]!, (int)put["policies"]![0]!["version"]!));
        Assert.DoesNotContain("Renamed", (await Get($"{Access}/policies?per_page=1000")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Applications_WithOneAddress_CreatedAtTheSameTime_OnlyOneIsMade()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => host.Api.PostAsJsonAsync($"{Access}/apps", new { type = "self_hosted", name = $"Race {index}", domain = "race.example.com" })));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.All(answers.Where(answer => answer.StatusCode != HttpStatusCode.Created), answer => Assert.True(answer.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Application_ChangedByTwoAtTheSameTime_BothAreEventsOrOneIsTold()
    {
        var created = await Post($"{Access}/apps", JsonNode.Parse("""{"type":"self_hosted","name":"Two","domain":"two.example.com"}""")!, HttpStatusCode.Created);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(index => host.Api.PutAsJsonAsync($"{Access}/apps/{created["id"]}", new { type = "self_hosted", name = $"Two {index}", domain = "two.example.com" })));
        var successes = answers.Count(answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.StatusCode != HttpStatusCode.OK), answer => Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode));
        Assert.Equal(1 + successes, (int)(await Get($"{Access}/apps/{created["id"]}"))["version"]!);
    }

    [Fact]
    public async Task ServiceToken_SecretIsShownOnceAndOnlyItsHashIsStored()
    {
        var created = await Post($"{Access}/service_tokens", JsonNode.Parse("""{"name":"ci"}""")!, HttpStatusCode.Created);
        var secret = (string)created["client_secret"]!;
        Assert.Matches("^mo_st_[A-Za-z0-9_-]{43}[0-9a-f]{8}$", secret);
        Assert.EndsWith(".access", (string)created["client_id"]!, StringComparison.Ordinal);
        var read = (await Get($"{Access}/service_tokens/{created["id"]}")).ToJsonString();
        Assert.DoesNotContain("secret_hash", read, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, read, StringComparison.Ordinal);

        var rotated = await ConfigHost.ReadAsync(await host.Api.PostAsync($"{Access}/service_tokens/{created["id"]}/rotate", null));
        Assert.NotEqual(secret, (string)rotated["result"]!["client_secret"]!);
        Assert.Equal(2, (int)rotated["result"]!["client_secret_version"]!);
    }

    [Theory]
    [InlineData("{\"name\":\"a\",\"name\":\"b\"}", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("[1]", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("{broken", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("{}", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task Body_ThatIsNoJsonObject_IsRefused(string body, string type, HttpStatusCode status)
    {
        var answer = await host.Api.PostAsync($"{Access}/groups", new StringContent(body, Encoding.UTF8, type));
        Assert.Equal(status, answer.StatusCode);
        Assert.False((bool)(await ConfigHost.ReadAsync(answer))["success"]!);
    }

    [Fact]
    public async Task Body_TooDeepOrTooLarge_IsRefused()
    {
        var deep = new string('[', 5000) + new string(']', 5000);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.PostAsync($"{Access}/groups", new StringContent($"{{\"include\":{deep}}}", Encoding.UTF8, "application/json"))).StatusCode);

        // Asked first, so that the answer does not come while the body is still being sent.
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Access}/groups")
        {
            Content = new StringContent(new string(' ', 2 * 1024 * 1024) + "{}", Encoding.UTF8, "application/json"),
            Headers = { ExpectContinue = true },
        };
        using var large = await host.Api.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
    }

    private async Task<JsonNode> Get(string path)
    {
        var answer = await host.Api.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await ConfigHost.ReadAsync(answer))["result"]!.DeepClone();
    }

    private async Task<JsonNode> Post(string path, JsonNode body, HttpStatusCode status)
    {
        var answer = await host.Api.PostAsJsonAsync(path, body);
        var envelope = await ConfigHost.ReadAsync(answer);
        Assert.True(answer.StatusCode == status, envelope.ToJsonString());
        return envelope["result"]!.DeepClone();
    }

    private async Task<JsonNode> Put(string path, JsonNode body)
    {
        var answer = await host.Api.PutAsJsonAsync(path, body);
        var envelope = await ConfigHost.ReadAsync(answer);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, envelope.ToJsonString());
        return envelope["result"]!.DeepClone();
    }
}
