using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;

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
        await Admin.PutAsync($"apps/{application["id"]}", application);
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
