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
        using (var before = await client.GetAsync("/orders", tokens.AccessToken))
        {
            Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        }

        var policy = await OrdersPolicyAsync();
        var changed = policy.DeepClone().AsObject();
        changed["exclude"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = Address } });
        await topology.Admin.PutAsync($"policies/{policy["id"]}", changed);
        try
        {
            // The access token dies at every edge, and the refresh token with it.
            await Eventually.Async(async () =>
            {
                for (var attempt = 0; attempt < 8; attempt++)
                {
                    using var fresh = new OAuthClient(new Uri(topology.Orders, "/orders"));
                    using var answer = await fresh.GetAsync("/orders", tokens.AccessToken);
                    if (answer.StatusCode != HttpStatusCode.Unauthorized)
                    {
                        return false;
                    }
                }

                return true;
            });
            var (status, body) = await client.TryRefreshAsync(tokens.RefreshToken);
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (status, body.GetProperty("error").GetString()));

            var grant = Assert.Single(await topology.Admin.GrantsAsync(Address));
            var end = (await topology.Admin.EventsAsync((string)grant["id"]!))[^1];
            Assert.Equal("grant_denied", (string?)end["type"]);
            var text = end.ToJsonString();
            Assert.Contains((string)policy["id"]!, text, StringComparison.Ordinal);
            Assert.Contains($"exclude email {Address}", text, StringComparison.Ordinal);
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
        await topology.Admin.PutAsync($"apps/{application["id"]}", changed);
        try
        {
            // The change is at every Token replica within a second; until then a refresh may still be allowed.
            var refreshToken = tokens.RefreshToken;
            await Eventually.Async(async () =>
            {
                var (status, body) = await client.TryRefreshAsync(refreshToken);
                if (status == HttpStatusCode.OK)
                {
                    refreshToken = body.GetProperty("refresh_token").GetString()!;
                    return false;
                }

                Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (status, body.GetProperty("error").GetString()));
                return true;
            });
            var grant = Assert.Single(await topology.Admin.GrantsAsync(Address));
            var end = (await topology.Admin.EventsAsync((string)grant["id"]!))[^1];
            Assert.Equal("grant_refresh_denied", (string?)end["type"]);
            Assert.Contains("from", end.ToJsonString(), StringComparison.Ordinal);
        }
        finally
        {
            await topology.Admin.PutAsync($"apps/{application["id"]}", application);
        }
    }

    private async Task<JsonObject> OrdersPolicyAsync()
        => (await topology.Admin.GetAsync("policies")).AsArray().Select(node => node!.AsObject()).Single(policy => (string?)policy["name"] == "Allow example.com");
}
