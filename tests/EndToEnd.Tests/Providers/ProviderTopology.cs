using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Providers;

/// <summary>A topology whose applications admit the group <c>eng</c> of a real OpenID Connect provider, and nobody else.</summary>
public sealed class ProviderTopology() : LocalTopology("token=2,edge=1")
{
    public NodeProvider Provider { get; private set; } = null!;

    public string ProviderId { get; private set; } = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Provider = new NodeProvider(new Uri(Team, "/cdn-cgi/access/callback"));
        await Provider.StartAsync();
        ProviderId = (string)(await Admin.PostAsync("identity_providers", new JsonObject
        {
            ["name"] = "Corporate",
            ["type"] = "oidc",
            ["config"] = new JsonObject
            {
                ["client_id"] = NodeProvider.ClientId,
                ["client_secret"] = NodeProvider.ClientSecret,
                ["issuer_url"] = Provider.Issuer,
                ["scopes"] = new JsonArray("openid", "email", "groups", "offline_access"),
                ["claims"] = new JsonArray("department"),
                ["groups_claim_name"] = "groups",

                // The provider gives a refresh token only to who agreed to that (OpenID Connect Core §11).
                ["authorization_parameters"] = new JsonObject { ["prompt"] = "consent" },
            },
        }))["id"]!;
        var policy = await Admin.PostAsync("policies", new JsonObject
        {
            ["name"] = "Engineers",
            ["decision"] = "allow",
            ["include"] = new JsonArray(new JsonObject
            {
                ["oidc"] = new JsonObject { ["identity_provider_id"] = ProviderId, ["claim_name"] = "groups", ["claim_value"] = "eng" },
            }),
        });
        var application = await Admin.ApplicationAsync(OrdersDomain);
        application["allowed_idps"] = new JsonArray(ProviderId);
        application["policies"] = new JsonArray((string)policy["id"]!);
        await Admin.PutAsync($"apps/{application["id"]}?wait=applied&timeout=30s", application);
    }

    /// <summary>Turns provisioning on; gives the client that the identity provider would be.</summary>
    public async Task<HttpClient> ScimAsync()
    {
        var provider = await Admin.GetAsync($"identity_providers/{ProviderId}");
        provider["scim_config"] = new JsonObject { ["enabled"] = true };
        var shown = await Admin.PutAsync($"identity_providers/{ProviderId}", provider);
        var secret = (string?)shown["scim_config"]!["secret"] ?? (string)(await Admin.PostAsync($"identity_providers/{ProviderId}/refresh_scim_secret"))["secret"]!;
        var scim = new HttpClient { BaseAddress = new Uri((string)shown["scim_config"]!["scim_base_url"]! + "/"), Timeout = TimeSpan.FromSeconds(100) };
        scim.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        await Eventually.Async(async () =>
        {
            using var answer = await scim.GetAsync("ServiceProviderConfig");
            return answer.StatusCode == HttpStatusCode.OK;
        });
        return scim;
    }

    /// <summary>Provisions a user who is in the group that is let in; at the login the provider says nothing about groups.</summary>
    public async Task<(string User, string Group)> ProvisionAsync(HttpClient scim, string sub, string email)
    {
        await Provider.ScriptAsync(sub, new { email, email_verified = true, groups = Array.Empty<string>() });
        var user = await MakeAsync(scim, "Users", new JsonObject { ["userName"] = email, ["active"] = true });
        return (user, await MakeAsync(scim, "Groups", new JsonObject { ["displayName"] = "eng", ["members"] = new JsonArray(new JsonObject { ["value"] = user }) }));
    }

    private static async Task<string> MakeAsync(HttpClient scim, string resource, JsonObject body)
    {
        using var answer = await scim.PostAsJsonAsync(resource, body);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (string)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
    }

    public override async Task DisposeAsync()
    {
        if (Provider is not null)
        {
            await Provider.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}

/// <summary>Tests that share one topology with an OpenID Connect provider. Each uses users of its own.</summary>
[CollectionDefinition(Name)]
public sealed class ProviderCollection : ICollectionFixture<ProviderTopology>
{
    public const string Name = "provider";
}
