using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>Refreshing over two Token replicas; replay; expiry.</summary>
[Collection(TopologyCollection.Name)]
public sealed class RefreshTests(LocalTopology topology)
{
    [Fact]
    public async Task FiftyParallelRefreshes_OverTwoReplicas_LeaveOneLiveChainAndNoForcedLogin()
    {
        const string Address = "parallel@example.com";
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await client.LoginAsync(user);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.RefreshAsync(tokens.RefreshToken)));
        var successor = Assert.Single(answers.Select(answer => answer.RefreshToken).Distinct());
        Assert.NotEqual(tokens.RefreshToken, successor);
        Assert.All(answers, answer => Assert.StartsWith("mo_at_", answer.AccessToken, StringComparison.Ordinal));

        var next = await client.RefreshAsync(successor);
        using var request = await client.GetAsync("/orders", next.AccessToken);
        Assert.Equal(HttpStatusCode.OK, request.StatusCode);
        var grant = Assert.Single(await topology.Admin.GrantsAsync(Address));
        var events = await topology.Admin.EventsAsync((string)grant["id"]!);
        Assert.Equal(2, events.Count(e => (string?)e["type"] == "grant_refreshed"));
        Assert.Equal("grant_issued", (string?)events[0]["type"]);
        Assert.Equal("active", (string?)grant["status"]);

        // Every replica tells of each refresh that it answered; a line begins with the replica's name.
        await Eventually.Async(() => RepliedTo((string)grant["id"]!).SetEquals(["token-1", "token-2"]));
    }

    private HashSet<string> RepliedTo(string grant) =>
    [
        .. topology.Output.Split('\n').Where(line => line.Contains($"Refresh of grant {grant}: ", StringComparison.Ordinal))
            .Select(line => line.Split([' ', '|'], 2, StringSplitOptions.RemoveEmptyEntries)[0]),
    ];

    [Fact]
    public async Task StaleRefreshToken_AfterItsSuccessorWasUsed_EndsTheGrant()
    {
        const string Address = "replayed@example.com";
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var first = await client.LoginAsync(user);
        var second = await client.RefreshAsync(first.RefreshToken);
        var third = await client.RefreshAsync(second.RefreshToken);

        var (status, body) = await client.TryRefreshAsync(first.RefreshToken);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (status, body.GetProperty("error").GetString()));
        Assert.Equal(HttpStatusCode.BadRequest, (await client.TryRefreshAsync(third.RefreshToken)).Status);
        await Eventually.Async(async () => (await client.GetAsync("/orders", third.AccessToken)).StatusCode == HttpStatusCode.Unauthorized);
        var grant = Assert.Single(await topology.Admin.GrantsAsync(Address));
        Assert.Equal("grant_replay_detected", (string?)(await topology.Admin.EventsAsync((string)grant["id"]!))[^1]["type"]);
    }

    [Fact]
    public async Task Code_RedeemedFiftyTimesInParallel_GivesOneGrantAndAReplayEndsIt()
    {
        const string Address = "code-race@example.com";
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        await client.DiscoverAsync();
        await client.RegisterAsync();
        var (code, verifier) = await client.AuthorizeAsync(user);
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code", ["code"] = code, ["client_id"] = client.ClientId, ["code_verifier"] = verifier, ["redirect_uri"] = client.RedirectUri.ToString(),
        };
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.TokenAsync(form)));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer => Assert.Equal("invalid_grant", answer.Body.GetProperty("error").GetString()));
        var grant = Assert.Single(await topology.Admin.GrantsAsync(Address));
        Assert.Equal("ended", (string?)grant["status"]);
    }

    [Fact]
    public async Task ShortGrant_NobodyAsks_ExpiresWithAnEvent()
    {
        const string Address = "expiring@example.com";
        var application = await topology.Admin.ApplicationAsync(topology.Mcp.Authority);
        var before = application["oauth_configuration"]!.DeepClone();
        try
        {
            using var user = new ScriptedBrowser(Address, topology.Mailbox);
            using var client = new OAuthClient(new Uri(topology.Mcp, "/mcp"));
            await client.DiscoverAsync();
            await client.RegisterAsync();
            var (status, body) = (HttpStatusCode.BadRequest, default(JsonElement));
            for (var seconds = 8; status != HttpStatusCode.OK && seconds < 100; seconds *= 3)
            {
                // The session counts from the code: on a slow machine a short one is over before the code is redeemed.
                application["oauth_configuration"]!["grant"] = new JsonObject { ["access_token_lifetime"] = "5s", ["session_duration"] = $"{seconds}s" };
                await topology.Admin.PutAsync($"apps/{application["id"]}?wait=applied&timeout=30s", application);
                var (code, verifier) = await client.AuthorizeAsync(user);
                (status, body) = await client.TryRedeemAsync(code, verifier);
            }

            Assert.True(status == HttpStatusCode.OK, $"{status}: {body}");
            Assert.True(body.GetProperty("expires_in").GetInt32() <= 5);
            var id = (string)Assert.Single(await topology.Admin.GrantsAsync(Address))["id"]!;
            await Eventually.Async(async () => (string?)(await topology.Admin.EventsAsync(id))[^1]["type"] == "grant_expired");
            Assert.Equal(HttpStatusCode.BadRequest, (await client.TryRefreshAsync(body.GetProperty("refresh_token").GetString()!)).Status);
        }
        finally
        {
            application["oauth_configuration"] = before;
            await topology.Admin.PutAsync($"apps/{application["id"]}?wait=applied&timeout=30s", application);
        }
    }
}
