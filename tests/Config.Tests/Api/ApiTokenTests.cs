using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.Api;

[Collection(ConfigCollection.Name)]
public sealed class ApiTokenTests(ConfigHost host)
{
    private const string Tokens = "/client/v4/accounts/default/tokens";

    [Fact]
    public async Task Create_WithTheOriginalsNames_IsShownWithIds()
    {
        var made = await Send(host.Api, HttpMethod.Post, Tokens, """{"name":"names","permissions":["Access: Apps and Policies Read","Access: Organizations, Identity Providers, and Groups Write"]}""", HttpStatusCode.Created);
        Assert.Equal(["apps_and_policies_read", "organizations_write"], made["permissions"]!.AsArray().Select(name => (string)name!));
        Assert.Equal("active", (string)made["status"]!);
    }

    [Fact]
    public async Task Create_WithTheOriginalsPolicies_IsRead()
    {
        var made = await Send(host.Api, HttpMethod.Post, Tokens, """
            {"name":"policies","policies":[{"effect":"allow","resources":{"com.cloudflare.api.account.default":"*"},"permission_groups":[{"id":"audit_logs_read"},{"name":"Access: Service Tokens Write"}]}]}
            """, HttpStatusCode.Created);
        Assert.Equal(["audit_logs_read", "service_tokens_write"], made["permissions"]!.AsArray().Select(name => (string)name!));
    }

    [Theory]
    [InlineData("""{"name":"x","permissions":["everything"]}""", "/permissions/0")]
    [InlineData("""{"name":"x","permissions":[]}""", "/permissions")]
    [InlineData("""{"name":"x","permissions":["read"],"expires_on":"2001-01-01T00:00:00Z"}""", "/expires_on")]
    [InlineData("""{"name":"x","policies":[{"effect":"deny","permission_groups":[{"id":"read"}]}]}""", "/policies/0/effect")]
    public async Task Create_WithWhatIsNoPermission_IsRefused(string body, string pointer)
    {
        var answer = await host.Api.PostAsync(Tokens, JsonContent.Create(JsonNode.Parse(body)));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(pointer, (string)(await ConfigHost.ReadAsync(answer))["errors"]![0]!["source"]!["pointer"]!);
    }

    [Fact]
    public async Task Token_GivesNobodyMoreThanItsMakerHas()
    {
        using var maker = host.With((string)(await Send(host.Api, HttpMethod.Post, Tokens, """{"name":"maker","permissions":["api_tokens_write","audit_logs_read"]}""", HttpStatusCode.Created))["value"]!);
        await Send(maker, HttpMethod.Post, Tokens, """{"name":"equal","permissions":["audit_logs_read","api_tokens_read"]}""", HttpStatusCode.Created);
        foreach (var more in new[] { "write", "read", "apps_and_policies_read", "keys_write" })
        {
            await Send(maker, HttpMethod.Post, Tokens, $$"""{"name":"more","permissions":["{{more}}"]}""", HttpStatusCode.BadRequest);
        }

        // Nor by way of a token that somebody else made.
        var strong = await Send(host.Api, HttpMethod.Post, Tokens, """{"name":"strong","permissions":["write"]}""", HttpStatusCode.Created);
        await Send(maker, HttpMethod.Put, $"{Tokens}/{strong["id"]}/value", null, HttpStatusCode.BadRequest);
        await Send(maker, HttpMethod.Put, $"{Tokens}/{strong["id"]}", """{"name":"weak","permissions":["audit_logs_read"]}""", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Roll_ReplacesTheTokenAtOnce()
    {
        var made = await Send(host.Api, HttpMethod.Post, Tokens, """{"name":"roll","permissions":["read"]}""", HttpStatusCode.Created);
        var rolled = (string)(await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}/value", null, HttpStatusCode.OK))!;
        using var old = host.With((string)made["value"]!);
        using var fresh = host.With(rolled);
        Assert.Equal(HttpStatusCode.Unauthorized, (await old.GetAsync($"{Tokens}/verify")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await fresh.GetAsync($"{Tokens}/verify")).StatusCode);
        Assert.DoesNotContain(rolled, (await Send(host.Api, HttpMethod.Get, $"{Tokens}/{made["id"]}", null, HttpStatusCode.OK)).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replace_TakesAPermissionAwayAtOnce()
    {
        var made = await Send(host.Api, HttpMethod.Post, Tokens, """{"name":"shrink","permissions":["organizations_write"]}""", HttpStatusCode.Created);
        using var client = host.With((string)made["value"]!);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/client/v4/accounts/default/access/groups")).StatusCode);
        await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}", """{"name":"shrink","permissions":["audit_logs_read"]}""", HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/client/v4/accounts/default/access/groups")).StatusCode);
    }

    [Fact]
    public async Task LastUse_IsShownAndSurvivesTheProcess()
    {
        var made = await Send(host.Api, HttpMethod.Post, Tokens, """{"name":"used","permissions":["read"]}""", HttpStatusCode.Created);
        Assert.Null(made["last_used_on"]);
        using var client = host.With((string)made["value"]!);
        await client.GetAsync($"{Tokens}/verify");
        await host.Services.GetRequiredService<ApiTokenUses>().ExchangeAsync(CancellationToken.None);
        Assert.NotNull((await Send(host.Api, HttpMethod.Get, $"{Tokens}/{made["id"]}", null, HttpStatusCode.OK))["last_used_on"]);
        using var replica = await host.AddReplicaAsync();
        await ManagedOAuth.Testing.Eventually.Passes(async () => Assert.NotNull((await Send(replica, HttpMethod.Get, $"{Tokens}/{made["id"]}", null, HttpStatusCode.OK))["last_used_on"]));
    }

    private static async Task<JsonNode> Send(HttpClient client, HttpMethod method, string path, string? body, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(JsonNode.Parse(body)) };
        var answer = await client.SendAsync(request);
        var envelope = await ConfigHost.ReadAsync(answer);
        Assert.True(answer.StatusCode == status, envelope.ToJsonString());
        return envelope["result"]?.DeepClone() ?? new JsonObject();
    }
}
