using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Providers;

/// <summary>An identity provider provisions its users and groups (SCIM 2.0) through the public address; what it takes away is gone at once, everywhere.</summary>
[Collection(ProviderCollection.Name)]
public sealed class ProvisioningTests(ProviderTopology topology)
{
    private readonly string _sub = "u-" + Guid.NewGuid().ToString("N");

    private string Email => _sub + "@example.com";

    [Fact]
    public async Task GroupTakenAway_EndsTheGrantWithItsRule_AndTheEdgeRefuses()
    {
        using var scim = await topology.ScimAsync();
        var (user, group) = await topology.ProvisionAsync(scim, _sub, Email);
        using var browser = new ScriptedBrowser(Email, topology.Mailbox) { IdentityProvider = "Corporate" };
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await client.LoginAsync(browser);
        using (var before = await client.GetAsync("/orders", tokens.AccessToken))
        {
            Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        }

        var operation = new JsonObject { ["op"] = "Remove", ["path"] = $"members[value eq \"{user}\"]" };
        using (var removed = await scim.PatchAsync($"Groups/{group}", JsonContent.Create(new JsonObject { ["Operations"] = new JsonArray(operation) })))
        {
            Assert.Equal(HttpStatusCode.OK, removed.StatusCode);
        }

        var end = await EndAsync(tokens.AccessToken);
        Assert.Equal("Engineers", (string?)end["data"]!["decision"]!["policy_name"]);
        Assert.Equal("default deny: no include rule matched", (string?)end["data"]!["decision"]!["rule"]);
        Assert.Equal("invalid_grant", (await client.TryRefreshAsync(tokens.RefreshToken)).Body.GetProperty("error").GetString());

        // What was provisioned, and by whom it was changed, stands in the admin API.
        Assert.Equal(Email, (string?)(await topology.Admin.GetAsync($"identity_providers/{topology.ProviderId}/scim/users?username={Uri.EscapeDataString(Email)}"))[0]!["userName"]);
        var log = (await topology.Admin.GetAsync($"logs/scim/updates?idp_id={topology.ProviderId}&limit=10")).AsArray();
        Assert.Contains(log, line => (string?)line!["request_method"] == "PATCH" && (string?)line["status"] == "SUCCESS");
    }

    [Fact]
    public async Task UserOfAnotherAddress_LosesWhatTheyHeldUnderTheFirst()
    {
        using var scim = await topology.ScimAsync();
        var (user, _) = await topology.ProvisionAsync(scim, _sub, Email);
        using var browser = new ScriptedBrowser(Email, topology.Mailbox) { IdentityProvider = "Corporate" };
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await client.LoginAsync(browser);
        var operation = new JsonObject { ["op"] = "replace", ["path"] = "userName", ["value"] = "renamed-" + Email };
        using (var renamed = await scim.PatchAsync($"Users/{user}", JsonContent.Create(new JsonObject { ["Operations"] = new JsonArray(operation) })))
        {
            Assert.Equal(HttpStatusCode.OK, renamed.StatusCode);
        }

        var end = await EndAsync(tokens.AccessToken);
        Assert.Equal("identity provider: the provider changed the user, and asks for a new login", (string?)end["data"]!["decision"]!["rule"]);
        Assert.Equal($"identity-provider:{topology.ProviderId}", (string?)end["actor"]);
        Assert.Equal("invalid_grant", (await client.TryRefreshAsync(tokens.RefreshToken)).Body.GetProperty("error").GetString());
    }

    // Waits until the edge refuses, and gives the event that ended the grant.
    private async Task<JsonNode> EndAsync(string accessToken)
    {
        await Eventually.Async(async () =>
        {
            using var fresh = new OAuthClient(new Uri(topology.Orders, "/orders"));
            using var refused = await fresh.GetAsync("/orders", accessToken);
            return refused.StatusCode == HttpStatusCode.Unauthorized;
        });
        var grant = Assert.Single(await topology.Admin.GrantsAsync(Email));
        var end = (await topology.Admin.EventsAsync((string)grant["id"]!))[^1]!;
        Assert.Equal("grant_denied", (string?)end["type"]);
        return end;
    }
}
