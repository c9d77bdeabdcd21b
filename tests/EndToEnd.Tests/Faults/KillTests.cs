using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Faults;

/// <summary>
/// <c>kill -9</c> of each part in the middle of a flow: nothing that was acknowledged is lost, and the flow goes on after the restart.
/// </summary>
public sealed class KillTests(FaultTopology topology) : IClassFixture<FaultTopology>
{
    [Theory]
    [InlineData("config")]
    [InlineData("authorization-server")]
    [InlineData("token")]
    [InlineData("edge")]
    [InlineData("postgres")]
    public async Task Kill_BetweenConsentAndRefresh_LosesNothing(string resource)
    {
        var address = $"kill-{resource}@example.com";
        using var user = new ScriptedBrowser(address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        await client.DiscoverAsync();
        await client.RegisterAsync();
        var group = await topology.Admin.PostAsync("groups", JsonNode.Parse($$$"""{"name":"before {{{resource}}}","include":[{"everyone":{}}]}"""));

        // The registration is acknowledged: it must serve after the kill.
        await topology.KillAsync(resource);

        // A code whose answer was lost is not redeemed again, which would be a replay: whoever has no tokens begins anew.
        var tokens = await AgainAsync(async () =>
        {
            var (code, verifier) = await client.AuthorizeAsync(user);
            return await client.RedeemAsync(code, verifier);
        });

        // So must the grant, its refresh token, and the configuration.
        await topology.KillAsync(resource);
        var refreshed = await AgainAsync(() => client.RefreshAsync(tokens.RefreshToken));
        await Eventually.Passes(async () =>
        {
            using var answer = await client.GetAsync("/orders", refreshed.AccessToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        });
        await Eventually.Passes(async () => Assert.Equal($"before {resource}", (string?)(await topology.Admin.GetAsync($"groups/{group["id"]}"))["name"]));

        // A revocation that was acknowledged holds after one more.
        var grant = Assert.Single(await AgainAsync(() => topology.Admin.GrantsAsync(address)), found => (string?)found["kind"] == "oauth" && (string?)found["status"] == "active");
        await AgainAsync(() => topology.Admin.PostAsync($"grants/{grant["id"]}/revoke"));
        await topology.KillAsync(resource);
        await Eventually.Async(async () => (await client.GetAsync("/orders", refreshed.AccessToken)).StatusCode == HttpStatusCode.Unauthorized);
        await Eventually.Async(async () => (await client.TryRefreshAsync(refreshed.RefreshToken)).Status == HttpStatusCode.BadRequest);
        var events = await AgainAsync(() => topology.Admin.EventsAsync((string)grant["id"]!));
        Assert.Equal("grant_issued", (string?)events[0]["type"]);
        Assert.Contains(events, e => (string?)e["type"] == "grant_refreshed");
        Assert.Equal("grant_revoked", (string?)events[^1]["type"]);
    }

    [Fact]
    public async Task KillRedis_GrantsLiveOnAndALoginCanBeStartedAgain()
    {
        const string Address = "kill-redis@example.com";
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await client.LoginAsync(user);
        var (code, verifier) = await client.AuthorizeAsync(user);

        await topology.KillAsync("redis");

        // A code that was not redeemed is lost, and said so; the grant is not.
        await Eventually.Passes(async () =>
        {
            var (status, body) = await client.TokenAsync(new()
            {
                ["grant_type"] = "authorization_code", ["code"] = code, ["client_id"] = client.ClientId, ["code_verifier"] = verifier, ["redirect_uri"] = client.RedirectUri.ToString(),
            });
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (status, body.GetProperty("error").GetString()));
        });
        var refreshed = await AgainAsync(() => client.RefreshAsync(tokens.RefreshToken));
        using var answer = await client.GetAsync("/orders", refreshed.AccessToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var (again, secondVerifier) = await AgainAsync(() => client.AuthorizeAsync(user));
        Assert.NotEmpty((await client.RedeemAsync(again, secondVerifier)).AccessToken);
    }

    [Fact]
    public async Task KillToken_WhileManyRefresh_EverySuccessorThatWasAcknowledgedWorks()
    {
        // However long the machine needs to start it again: a refresh whose answer was lost is repeated within the grace.
        var application = await topology.Admin.ApplicationAsync(topology.OrdersDomain);
        application["oauth_configuration"]!["grant"] = new JsonObject { ["refresh_grace"] = "10m" };
        await topology.Admin.PutAsync($"apps/{application["id"]}?wait=applied&timeout=30s", application);
        var flights = new List<RefreshFlight>();
        for (var index = 0; index < 5; index++)
        {
            flights.Add(await RefreshFlight.StartAsync(topology, $"flight-{index}@example.com"));
        }

        for (var kill = 0; kill < 2; kill++)
        {
            await AllGoOnAsync();
            await topology.KillAsync("token");
            await AllGoOnAsync();
        }

        foreach (var flight in flights)
        {
            await flight.LandAsync();
            Assert.Null(flight.Refusal);

            // The last token that was acknowledged is the head of its grant, however often the answer to a rotation was lost.
            var last = await AgainAsync(() => flight.Client.RefreshAsync(flight.RefreshToken));
            using var answer = await flight.Client.GetAsync("/orders", last.AccessToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var grant = Assert.Single(await topology.Admin.GrantsAsync(flight.Email));
            Assert.Equal("active", (string?)grant["status"]);
            flight.Dispose();
        }

        Task AllGoOnAsync()
        {
            var before = flights.Select(flight => flight.Acknowledged).ToList();
            return Eventually.Async(() => flights.Select((flight, index) => flight.Refusal is not null || flight.Acknowledged > before[index] + 2).All(goesOn => goesOn));
        }
    }

    [Fact]
    public async Task StoppedAndStartedAgain_OnTheSameData_GrantsAndSessionsGoOn()
    {
        const string Address = "kept@example.com";
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await client.LoginAsync(user);
        using (var page = await user.OpenAsync(topology.Plain))
        {
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        }

        await topology.RestartAsync();

        var refreshed = await AgainAsync(() => client.RefreshAsync(tokens.RefreshToken));
        using var answer = await client.GetAsync("/orders", refreshed.AccessToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using (var page = await user.OpenAsync(topology.Plain))
        {
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.False(user.PinAsked);
        }

        var grant = Assert.Single(await topology.Admin.GrantsAsync(Address), found => (string?)found["kind"] == "oauth");
        Assert.Equal(["grant_issued", "grant_refreshed"], (await topology.Admin.EventsAsync((string)grant["id"]!)).Select(e => (string?)e["type"]));
    }

    // A user or client that met the outage simply tries again.
    private static async Task<T> AgainAsync<T>(Func<Task<T>> attempt)
    {
        T? result = default;
        await Eventually.Passes(async () => result = await attempt(), TimeSpan.FromMinutes(4));
        return result!;
    }
}
