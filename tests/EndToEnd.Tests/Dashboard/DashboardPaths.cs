using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>Every page of the dashboard, as something is on it.</summary>
public static class DashboardPaths
{
    /// <summary>The addresses, with objects that are made where there are none.</summary>
    public static async Task<IReadOnlyList<string>> AllAsync(LocalTopology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        async Task<string> First(string kind) => (string)(await topology.Admin.GetAsync($"{kind}?per_page=1")).AsArray()[0]!["id"]!;
        if ((await topology.Admin.GetAsync("service_tokens")).AsArray().Count == 0)
        {
            await topology.Admin.PostAsync("service_tokens", new JsonObject { ["name"] = "Nightly backup" });
        }

        if ((await topology.Admin.GetAsync("groups")).AsArray().Count == 0)
        {
            await topology.Admin.PostAsync("groups", new JsonObject { ["name"] = "Engineers", ["include"] = new JsonArray(new JsonObject { ["email_domain"] = new JsonObject { ["domain"] = "example.com" } }) });
        }

        if ((await topology.Admin.GetAsync("custom_pages")).AsArray().Count == 0)
        {
            await topology.Admin.PostAsync("custom_pages", new JsonObject { ["name"] = "Ask IT", ["type"] = "identity_denied", ["custom_html"] = "<!DOCTYPE html><title>No access</title><p>Ask IT." });
            await topology.Admin.PostAsync("tags", new JsonObject { ["name"] = "engineering" });
            await topology.Admin.PostAsync("../gateway/lists", new JsonObject { ["name"] = "Contractors", ["type"] = "EMAIL", ["items"] = new JsonArray(new JsonObject { ["value"] = "bob@corp.example", ["description"] = "until June" }) });
        }

        var (application, policy, group, provider, token, grant) = (await First("apps"), await First("policies"), await First("groups"), await First("identity_providers"), await First("service_tokens"), await First("grants"));
        var apiToken = (string)(await topology.Admin.GetAsync("../tokens")).AsArray()[0]!["id"]!;
        var (user, page, list) = (await First("users"), await First("custom_pages"), await First("../gateway/lists"));
        var test = (string)(await topology.Admin.PostAsync("policy-tests", new JsonObject { ["policies"] = new JsonArray(policy) }))["id"]!;
        var (server, portal) = ((string)(await topology.Admin.GetAsync("ai-controls/mcp/servers/tools"))["uid"]!, (string)(await topology.Admin.GetAsync("ai-controls/mcp/portals/local"))["uid"]!);

        // Pages that read themselves again would do so under the inspection.
        return
        [
            "/mcp-servers", "/mcp-servers/new", $"/mcp-servers/{server}", $"/mcp-servers/{server}/tools", $"/mcp-servers/{server}/history", $"/mcp-servers/{server}/remove",
            "/mcp-portals", "/mcp-portals/new", $"/mcp-portals/{portal}", $"/mcp-portals/{portal}/servers/tools", $"/mcp-portals/{portal}/remove", "/mcp-log", "/mcp-log?tool=nothing-like-it",
            "/?live=false", "/applications", "/applications/new", $"/applications/{application}?email=alice@example.com", $"/applications/{application}/settings", $"/applications/{application}/policies",
            $"/applications/{application}/advanced", $"/applications/{application}/policies/new", $"/groups/{group}/remove", $"/service-tokens/{token}/remove", $"/applications/{application}/end-grants", $"/applications/{application}/remove", "/applications?search=nothing-like-it", "/policies", "/policies/new", $"/policies/{policy}?email=bob@corp.example",
            "/lists", "/lists/new", $"/lists/{list}", "/policy-tester", $"/policy-tester?app={application}&email=admin@example.com", $"/policy-tester/{test}",
            "/users", "/users?search=nobody-like-it", $"/users/{user}", $"/users/{user}/revoke", "/tags", "/custom-pages", "/custom-pages/new", $"/custom-pages/{page}", "/keys", "/keys/rotate",
            "/groups", "/groups/new", $"/groups/{group}", "/identity-providers", "/identity-providers/new", "/identity-providers/new?type=oidc", $"/identity-providers/{provider}",
            $"/identity-providers/{provider}/scim", $"/identity-providers/{provider}/scim/secret", $"/identity-providers/{provider}/scim/users", $"/identity-providers/{provider}/scim/groups",
            $"/identity-providers/{provider}/scim/updates", $"/identity-providers/{provider}/scim/updates?status=FAILURE",
            "/service-tokens", "/service-tokens/new", $"/service-tokens/{token}", "/grants", $"/grants/{grant}", $"/grants/{grant}/revoke", "/clients", "/clients?search=nothing-like-it", "/sign-ins?live=false", "/sign-ins?email=nobody-like-it&live=false", "/refusals", "/refusals?ray_id=0123", "/audit", "/audit/removed", "/audit/dead-letters", $"/audit/dead-letters/{grant}/discard", "/audit/times", "/audit/times?from=2020-01-01T00:00&to=2099-01-01T00:00",
            $"/applications/{application}/history", $"/groups/{group}/history/1", $"/groups/{group}/history/1/restore", "/settings/history", "/api-tokens", "/api-tokens/new", $"/api-tokens/{apiToken}",
            "/settings", "/settings/sign-in", "/settings/permissions", "/transfer", "/no-such-page",
        ];
    }
}
