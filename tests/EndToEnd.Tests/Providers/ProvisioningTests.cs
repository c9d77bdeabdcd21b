using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Providers;

/// <summary>An identity provider provisions its users and groups (SCIM 2.0) through the public address; what it takes away is gone at once, everywhere.</summary>
public sealed class ProvisioningTests(ProviderTopology topology) : IClassFixture<ProviderTopology>
{
    private readonly string _sub = "u-" + Guid.NewGuid().ToString("N");

    private string Email => _sub + "@example.com";

    [Fact]
    public async Task GroupTakenAway_EndsTheGrantWithItsRule_AndTheEdgeRefuses()
    {
        using var scim = await ScimAsync();

        // The provider says nothing about groups at the login: they are provisioned.
        await topology.Provider.ScriptAsync(_sub, new { email = Email, email_verified = true, groups = Array.Empty<string>() });
        var user = await MakeAsync(scim, "Users", new JsonObject { ["userName"] = Email, ["active"] = true });
        var group = await MakeAsync(scim, "Groups", new JsonObject { ["displayName"] = "eng", ["members"] = new JsonArray(new JsonObject { ["value"] = user }) });
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

        await Eventually.Async(async () =>
        {
            using var fresh = new OAuthClient(new Uri(topology.Orders, "/orders"));
            using var refused = await fresh.GetAsync("/orders", tokens.AccessToken);
            return refused.StatusCode == HttpStatusCode.Unauthorized;
        });
        var grant = Assert.Single(await topology.Admin.GrantsAsync(Email));
        var end = (await topology.Admin.EventsAsync((string)grant["id"]!))[^1];
        Assert.Equal("grant_denied", (string?)end["type"]);
        Assert.Equal("Engineers", (string?)end["data"]!["decision"]!["policy_name"]);
        Assert.Equal("default deny: no include rule matched", (string?)end["data"]!["decision"]!["rule"]);
        Assert.Equal("invalid_grant", (await client.TryRefreshAsync(tokens.RefreshToken)).Body.GetProperty("error").GetString());

        // What was provisioned, and by whom it was changed, stands in the admin API.
        Assert.Equal(Email, (string?)(await topology.Admin.GetAsync($"identity_providers/{topology.ProviderId}/scim/users?username={Uri.EscapeDataString(Email)}"))[0]!["userName"]);
        var log = (await topology.Admin.GetAsync($"logs/scim/updates?idp_id={topology.ProviderId}&limit=10")).AsArray();
        Assert.Contains(log, line => (string?)line!["request_method"] == "PATCH" && (string?)line["status"] == "SUCCESS");
    }

    private async Task<HttpClient> ScimAsync()
    {
        var provider = await topology.Admin.GetAsync($"identity_providers/{topology.ProviderId}");
        provider["scim_config"] = new JsonObject { ["enabled"] = true };
        var shown = await topology.Admin.PutAsync($"identity_providers/{topology.ProviderId}", provider);
        var secret = (string?)shown["scim_config"]!["secret"] ?? (string)(await topology.Admin.PostAsync($"identity_providers/{topology.ProviderId}/refresh_scim_secret"))["secret"]!;
        var scim = new HttpClient { BaseAddress = new Uri((string)shown["scim_config"]!["scim_base_url"]! + "/"), Timeout = TimeSpan.FromSeconds(30) };
        scim.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        await Eventually.Async(async () =>
        {
            using var answer = await scim.GetAsync("ServiceProviderConfig");
            return answer.StatusCode == HttpStatusCode.OK;
        });
        return scim;
    }

    private static async Task<string> MakeAsync(HttpClient scim, string resource, JsonObject body)
    {
        using var answer = await scim.PostAsJsonAsync(resource, body);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
    }
}
