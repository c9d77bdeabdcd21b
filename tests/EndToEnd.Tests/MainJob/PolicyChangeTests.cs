using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>Who is no longer allowed loses the grant: by the evaluation that the change starts, or at the next refresh.</summary>
[Collection(TopologyCollection.Name)]
public sealed class PolicyChangeTests(LocalTopology topology)
{
    [Fact]
    public async Task PolicyChange_UserNoLongerAllowed_EndsTheGrantWithPolicyVersionAndRule()
    {
        const string Address = "leaver@example.com";
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await client.LoginAsync(user);
        var edges = await EdgesAsync();
        foreach (var edge in edges)
        {
            Assert.Equal(HttpStatusCode.OK, await AskAsync(edge, tokens.AccessToken));
        }

        var policy = await OrdersPolicyAsync();
        var changed = policy.DeepClone().AsObject();
        changed["exclude"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = Address } });
        await topology.Admin.PutAsync($"policies/{policy["id"]}", changed);
        try
        {
            // The access token dies at every edge, and the refresh token with it.
            await AssertEndedAsync(edges, tokens.AccessToken);
            var (status, body) = await client.TryRefreshAsync(tokens.RefreshToken);
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (status, body.GetProperty("error").GetString()));

            var grant = Assert.Single(await topology.Admin.GrantsAsync(Address));
            var end = (await topology.Admin.EventsAsync((string)grant["id"]!))[^1];
            Assert.Equal("grant_denied", (string?)end["type"]);
            AssertDecided(end, (string)policy["id"]!, (int)policy["version"]! + 1, $"exclude email {Address}");
        }
        finally
        {
            await topology.Admin.PutAsync($"policies/{policy["id"]}", policy);
        }
    }

    [Fact]
    public async Task Refresh_FromAnAddressThatThePolicyExcludes_IsDeniedAndRecorded()
    {
        // The change alone does not decide: which address the client will refresh from is not known until it does.
        const string Address = "roamer@example.com";
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await client.LoginAsync(user);
        var edges = await EdgesAsync();
        var policy = await OrdersPolicyAsync();
        var application = await topology.Admin.ApplicationAsync(topology.OrdersDomain);
        var changed = application.DeepClone().AsObject();
        changed["policies"] = new JsonArray(
            new JsonObject
            {
                ["name"] = "Not from here", ["decision"] = "deny", ["precedence"] = 1,
                ["include"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = Address } }),
                ["require"] = new JsonArray(new JsonObject { ["ip"] = new JsonObject { ["ip"] = "127.0.0.0/8" } }),
            },
            new JsonObject
            {
                ["name"] = "Nor from there", ["decision"] = "deny", ["precedence"] = 2,
                ["include"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = Address } }),
                ["require"] = new JsonArray(new JsonObject { ["ip"] = new JsonObject { ["ip"] = "::1" } }),
            },
            new JsonObject { ["id"] = policy["id"]!.DeepClone(), ["precedence"] = 3 });
        var denying = (await topology.Admin.PutAsync($"apps/{application["id"]}", changed))["policies"]!.AsArray().Take(2).ToDictionary(node => (string)node!["id"]!, node => (int)node!["version"]!);
        try
        {
            // The change is at every Token replica within a second; until then a refresh may still be allowed.
            var (refreshToken, accessToken) = (tokens.RefreshToken, tokens.AccessToken);
            await Eventually.Async(async () =>
            {
                var (status, body) = await client.TryRefreshAsync(refreshToken);
                if (status == HttpStatusCode.OK)
                {
                    (refreshToken, accessToken) = (body.GetProperty("refresh_token").GetString()!, body.GetProperty("access_token").GetString()!);
                    return false;
                }

                Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (status, body.GetProperty("error").GetString()));
                return true;
            });
            var grant = Assert.Single(await topology.Admin.GrantsAsync(Address));
            var end = (await topology.Admin.EventsAsync((string)grant["id"]!))[^1];
            Assert.Equal("grant_refresh_denied", (string?)end["type"]);
            var decided = Assert.Single(denying, policy => end.ToJsonString().Contains(policy.Key, StringComparison.Ordinal));
            AssertDecided(end, decided.Key, decided.Value, "include email " + Address);
            await AssertEndedAsync(edges, accessToken);
        }
        finally
        {
            await topology.Admin.PutAsync($"apps/{application["id"]}", application);
        }
    }

    private async Task<IReadOnlyList<ReplicaConnection>> EdgesAsync()
    {
        var processes = (await topology.ResourcesAsync()).Where(resource => resource.Name == "edge").Select(resource => resource.Pid).ToList();
        Assert.Equal(2, processes.Count);
        return await ReplicaConnection.ToEachAsync(topology.Orders, processes);
    }

    private async Task<HttpStatusCode> AskAsync(ReplicaConnection edge, string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(topology.Orders, "/orders"));
        request.Headers.Authorization = new("Bearer", accessToken);
        using var answer = await edge.Http.SendAsync(request);
        return answer.StatusCode;
    }

    private async Task AssertEndedAsync(IReadOnlyList<ReplicaConnection> edges, string accessToken)
    {
        foreach (var edge in edges)
        {
            await Eventually.Async(async () => await AskAsync(edge, accessToken) == HttpStatusCode.Unauthorized);
            edge.Dispose();
        }
    }

    private static void AssertDecided(JsonNode end, string policy, int version, string rule)
    {
        var decision = end["data"]!["decision"]!;
        Assert.Equal((policy, version), ((string?)decision["policy_id"], (int)decision["policy_version"]!));
        Assert.Contains(rule, (string)decision["rule"]!, StringComparison.Ordinal);
    }

    private async Task<JsonObject> OrdersPolicyAsync()
        => (await topology.Admin.GetAsync("policies")).AsArray().Select(node => node!.AsObject()).Single(policy => (string?)policy["name"] == "Allow example.com");
}
