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
    [InlineData("{\"name\":\"x\",\"policies\":[{\"effect\":\"allow\",\"resources\":{\"com.cloudflare.api.account.other\":\"*\"},\"permission_groups\":[{\"id\":\"read\"}]}]}", "/policies/0/resources/com.cloudflare.api.account.other")]
    [InlineData("{\"name\":\"x\",\"policies\":[{\"effect\":\"allow\",\"resources\":{\"com.cloudflare.api.account.default\":{\"com.cloudflare.api.account.zone.1\":\"*\"}},\"permission_groups\":[{\"id\":\"read\"}]}]}", "/policies/0/resources/com.cloudflare.api.account.default")]
    [InlineData("{\"name\":\"x\",\"permissions\":[\"read\"],\"policies\":[{\"effect\":\"allow\",\"permission_groups\":[{\"id\":\"write\"}]}]}", "/policies")]
    [InlineData("{\"name\":\"x\",\"permissions\":[\"read\"],\"status\":\"expired\"}", "/status")]
    [InlineData("{\"name\":\"x\",\"permissions\":[\"read\"],\"not_before\":\"soon\"}", "/not_before")]
    [InlineData("{\"name\":\"x\",\"permissions\":[\"read\"],\"not_before\":\"2999-01-02T00:00:00Z\",\"expires_on\":\"2999-01-01T00:00:00Z\"}", "/not_before")]
    [InlineData("{\"name\":\"x\",\"permissions\":[\"read\"],\"condition\":{\"request_ip\":{\"in\":[\"everywhere\"]}}}", "/condition/request_ip/in/0")]
    [InlineData("{\"name\":\"x\",\"permissions\":[\"read\"],\"condition\":{\"request_ip\":{\"in\":[]}}}", "/condition/request_ip/in")]
    [InlineData("{\"name\":\"x\",\"permissions\":[\"read\"],\"condition\":{\"request_ip\":{\"only\":[\"10.0.0.0/8\"]}}}", "/condition/request_ip/only")]
    [InlineData("{\"name\":\"x\",\"permissions\":[\"read\"],\"condition\":{\"request_country\":{}}}", "/condition/request_country")]
    public async Task Create_WithWhatItCannotHold_IsRefused(string body, string pointer)
    {
        var answer = await host.Api.PostAsync(Tokens, JsonContent.Create(JsonNode.Parse(body)));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(pointer, (string)(await ConfigHost.ReadAsync(answer))["errors"]![0]!["source"]!["pointer"]!);
    }

    [Fact]
    public async Task Token_IsShownWithAllThatItWasMadeWith()
    {
        var made = await Send(host.Api, HttpMethod.Post, Tokens, """
            {"name":"whole","policies":[{"effect":"allow","resources":{"com.cloudflare.api.account.*":"*"},"permission_groups":[{"id":"keys_read"}]}],
             "not_before":"2001-02-03T04:05:06Z","expires_on":"2999-02-03T04:05:06Z","condition":{"request_ip":{"in":["127.0.0.0/8","2001:db8::/32"],"not_in":["127.0.0.9"]}}}
            """, HttpStatusCode.Created);
        var read = await Send(host.Api, HttpMethod.Get, $"{Tokens}/{made["id"]}", null, HttpStatusCode.OK);
        Assert.Equal(JsonNode.Parse("""{"request_ip":{"in":["127.0.0.0/8","2001:db8::/32"],"not_in":["127.0.0.9"]}}""")!.ToJsonString(), read["condition"]!.ToJsonString());
        Assert.Equal("2001-02-03T04:05:06+00:00", (string)read["not_before"]!);
        Assert.Equal("""[{"id":"keys_read","name":"Access: Keys Read"}]""", read["policies"]![0]!["permission_groups"]!.ToJsonString());
        Assert.Equal("*", (string)read["policies"]![0]!["resources"]!["com.cloudflare.api.account.default"]!);

        // Sent back as it is, it stays as it is; with one of the two shapes of its permissions changed, that one counts.
        Assert.Equal(1, (long)(await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}", read.ToJsonString(), HttpStatusCode.OK))["version"]!);
        read["permissions"] = new JsonArray("audit_logs_read");
        Assert.Equal("audit_logs_read", (string)(await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}", read.ToJsonString(), HttpStatusCode.OK))["policies"]![0]!["permission_groups"]![0]!["id"]!);
        using var client = host.With((string)made["value"]!);
        var verified = await Send(client, HttpMethod.Get, $"{Tokens}/verify", null, HttpStatusCode.OK);
        Assert.Equal(("active", "2999-02-03T04:05:06+00:00"), ((string)verified["status"]!, (string)verified["expires_on"]!));
    }

    [Fact]
    public async Task Status_Disabled_RefusesTheTokenAtOnceAndUntilItIsActive()
    {
        var made = await Send(host.Api, HttpMethod.Post, Tokens, """{"name":"off","permissions":["read"]}""", HttpStatusCode.Created);
        using var client = host.With((string)made["value"]!);
        var disabled = await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}", """{"name":"off","permissions":["read"],"status":"disabled"}""", HttpStatusCode.OK);
        Assert.Equal("disabled", (string)disabled["status"]!);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"{Tokens}/verify")).StatusCode);

        // Neither another name nor another value switches it on.
        Assert.Equal("disabled", (string)(await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}", """{"name":"still off","permissions":["read"]}""", HttpStatusCode.OK))["status"]!);
        using var rolled = host.With((string)(await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}/value", null, HttpStatusCode.OK))!);
        Assert.Equal(HttpStatusCode.Unauthorized, (await rolled.GetAsync($"{Tokens}/verify")).StatusCode);
        await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}", """{"name":"on","permissions":["read"],"status":"active"}""", HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await rolled.GetAsync($"{Tokens}/verify")).StatusCode);
    }

    [Theory]
    [InlineData("""{"condition":{"request_ip":{"in":["192.0.2.0/24"]}}}""", "192.0.2.7", "198.51.100.7")]
    [InlineData("""{"condition":{"request_ip":{"not_in":["198.51.100.7"]}}}""", "192.0.2.7", "198.51.100.7")]
    [InlineData("""{"condition":{"request_ip":{"in":["192.0.2.0/24"],"not_in":["192.0.2.8/29"]}}}""", "192.0.2.7", "192.0.2.9")]
    [InlineData("""{"not_before":"2999-01-01T00:00:00Z"}""", null, "192.0.2.7")]
    public async Task Token_ShownFromElsewhereOrBeforeItsTime_IsRefused(string conditions, string? admitted, string refused)
    {
        var body = JsonNode.Parse(conditions)!.AsObject();
        (body["name"], body["permissions"]) = ("conditions", new JsonArray("read"));
        var made = await Send(host.Api, HttpMethod.Post, Tokens, body.ToJsonString(), HttpStatusCode.Created);
        using var outside = host.With((string)made["value"]!, IPAddress.Parse(refused));
        Assert.Equal(HttpStatusCode.Unauthorized, (await outside.GetAsync($"{Tokens}/verify")).StatusCode);
        if (admitted is not null)
        {
            using var inside = host.With((string)made["value"]!, IPAddress.Parse(admitted));
            Assert.Equal(HttpStatusCode.OK, (await inside.GetAsync($"{Tokens}/verify")).StatusCode);
        }
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
    public async Task Replace_ThatLeavesOutWhatNarrowsTheToken_KeepsIt_AndNullTakesItAway()
    {
        var made = await Send(host.Api, HttpMethod.Post, Tokens, """
            {"name":"narrow","permissions":["read"],"not_before":"2001-02-03T04:05:06Z","expires_on":"2999-02-03T04:05:06Z","condition":{"request_ip":{"in":["192.0.2.0/24"]}}}
            """, HttpStatusCode.Created);
        var renamed = await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}", """{"name":"renamed","permissions":["read"]}""", HttpStatusCode.OK);
        Assert.Equal("renamed", (string)renamed["name"]!);
        foreach (var member in new[] { "not_before", "expires_on", "condition" })
        {
            Assert.Equal(made[member]!.ToJsonString(), renamed[member]?.ToJsonString());
        }

        var open = await Send(host.Api, HttpMethod.Put, $"{Tokens}/{made["id"]}", """{"name":"open","permissions":["read"],"not_before":null,"expires_on":null,"condition":null}""", HttpStatusCode.OK);
        Assert.Equal((null, null, null), (open["not_before"], open["expires_on"], open["condition"]));
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
