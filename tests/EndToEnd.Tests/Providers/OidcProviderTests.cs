using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;
using Npgsql;

namespace ManagedOAuth.EndToEnd.Tests.Providers;

/// <summary>People log in at npm's <c>oidc-provider</c>; what it says about them decides at the login and at every refresh.</summary>
[Collection(ProviderCollection.Name)]
public sealed class OidcProviderTests(ProviderTopology topology)
{
    private readonly string _sub = "u-" + Guid.NewGuid().ToString("N");

    private string Email => _sub + "@example.com";

    [Fact]
    public async Task Login_InTheGroup_ReachesTheOriginWithItsClaims_AndRefreshes()
    {
        await SayAsync("eng", "staff");
        using var user = Browser();
        using var client = Client();
        var tokens = await client.LoginAsync(user);
        Assert.True(user.ConsentShown);
        Assert.False(user.PinAsked);
        using (var answer = await client.GetAsync("/echo", tokens.AccessToken))
        {
            var claims = OriginEcho.Claims(JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
            Assert.Equal((Email, topology.ProviderId), (claims["email"].GetString(), claims["idp"].GetString()));
            Assert.Equal(["eng", "staff"], claims["custom"].GetProperty("groups").EnumerateArray().Select(group => group.GetString()));
            Assert.Equal("research", claims["custom"].GetProperty("department").GetString());
        }

        await SayAsync("eng", "on-call");
        tokens = await client.RefreshAsync(tokens.RefreshToken);
        using (var answer = await client.GetAsync("/echo", tokens.AccessToken))
        {
            var claims = OriginEcho.Claims(JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
            Assert.Equal(["eng", "on-call"], claims["custom"].GetProperty("groups").EnumerateArray().Select(group => group.GetString()));
        }

        // The provider rotates its refresh token each time and takes a used one for a theft.
        for (var i = 0; i < 4; i++)
        {
            tokens = await client.RefreshAsync(tokens.RefreshToken);
        }
    }

    [Fact]
    public async Task Login_OutsideTheGroup_IsDenied()
    {
        await SayAsync("sales");
        using var user = Browser();
        using var client = Client();
        await client.DiscoverAsync();
        await client.RegisterAsync();
        var back = await user.AuthorizeAsync(client.AuthorizationUrl(new string('v', 43), "s"), client.RedirectUri);
        Assert.Contains("error=access_denied", back.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refresh_AfterTheUserLeftTheGroup_IsDeniedAndRecorded()
    {
        await SayAsync("eng");
        using var user = Browser();
        using var client = Client();
        var tokens = await client.LoginAsync(user);
        await SayAsync("sales");
        var (status, body) = await client.TryRefreshAsync(tokens.RefreshToken);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (status, body.GetProperty("error").GetString()));
        Assert.Contains("default deny", await EndAsync("grant_refresh_denied"), StringComparison.Ordinal);

        using var refused = await client.GetAsync("/orders", tokens.AccessToken);
        await Eventually.Async(async () => (await client.GetAsync("/orders", tokens.AccessToken)).StatusCode == HttpStatusCode.Unauthorized);
        await SayAsync("eng");
        Assert.Equal(HttpStatusCode.BadRequest, (await client.TryRefreshAsync(tokens.RefreshToken)).Status);
    }

    [Fact]
    public async Task Refresh_AfterTheUserIsGone_IsDeniedWithThatReason()
    {
        await SayAsync("eng");
        using var user = Browser();
        using var client = Client();
        var tokens = await client.LoginAsync(user);
        await topology.Provider.ScriptAsync(_sub, null);
        Assert.Equal("invalid_grant", (await client.TryRefreshAsync(tokens.RefreshToken)).Body.GetProperty("error").GetString());
        Assert.Contains("identity provider: ", await EndAsync("grant_refresh_denied"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProviderKilled_RefreshIsTemporarilyUnavailable_AndWorksAfterItsRestart()
    {
        await SayAsync("eng");
        using var user = Browser();
        using var client = Client();
        var tokens = await client.LoginAsync(user);
        await topology.Provider.KillAsync();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                var (status, body) = await client.TryRefreshOnceAsync(tokens.RefreshToken);
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"), (status, body.GetProperty("error").GetString()));
            }

            using var answer = await client.GetAsync("/orders", tokens.AccessToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        finally
        {
            await topology.Provider.StartAsync();
        }

        await Eventually.Async(async () => (await client.TryRefreshAsync(tokens.RefreshToken)).Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Chromium_GoesToTheProviderAndComesBack_WithoutAViolationOfThePagesPolicy()
    {
        await SayAsync("eng");
        await using var window = await Chromium.WindowAsync(topology);
        var page = await window.NewPageAsync();
        var violations = new List<string>();
        page.Console += (_, message) => violations.Add(message.Text);
        await page.GotoAsync(new Uri(topology.Orders, "/orders").ToString());
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with Corporate" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Uri(topology.Orders, "/orders").ToString());
        await page.WaitForLoadStateAsync();

        // Somebody else: from a form of ours, so the page's policy for forms holds for where it leads.
        using var client = Client();
        await client.DiscoverAsync();
        await client.RegisterAsync();
        await page.RouteAsync("http://127.0.0.1:49999/**", route => route.FulfillAsync(new() { Body = "done" }));
        await page.GotoAsync(client.AuthorizationUrl(new string('v', 43), "s").ToString());
        await page.Locator("button[name=action][value=switch]").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with Corporate" }).ClickAsync();
        await page.Locator("button[name=action][value=approve]").ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex(@"^http://127\.0\.0\.1:49999/callback\?"));
        Assert.DoesNotContain(violations, text => text.Contains("Content Security Policy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Administrator_TriesTheProvider_AndReadsWhatItSaid()
    {
        await SayAsync("sales");
        var test = await topology.Admin.PostAsync($"identity_providers/{topology.ProviderId}/test");
        using var user = Browser();
        using var page = await user.OpenAsync(new Uri((string)test["url"]!));
        Assert.Contains(Email, user.LastPage, StringComparison.Ordinal);
        var result = await topology.Admin.GetAsync($"identity_providers/{topology.ProviderId}/test/{test["id"]}");
        Assert.Equal(("succeeded", Email, true), ((string?)result["status"], (string?)result["email"], (bool?)result["refreshes_follow_the_user"]));
        Assert.Equal("sales", (string?)result["claims"]!["groups"]![0]);
        Assert.DoesNotContain(NodeProvider.ClientSecret, (await topology.Admin.GetAsync($"identity_providers/{topology.ProviderId}")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecretsOfTheProvider_StandInNoTableAndNoLog()
    {
        await SayAsync("eng");
        using var user = Browser();
        using var client = Client();
        var tokens = await client.LoginAsync(user);
        await client.RefreshAsync(tokens.RefreshToken);
        string[] canaries = [NodeProvider.ClientSecret, .. topology.Provider.RefreshTokens()];
        Assert.True(canaries.Length > 1);
        await using var database = new NpgsqlConnection(await topology.PostgresAsync());
        await database.OpenAsync();
        var tables = new List<string>();
        await using (var list = new NpgsqlCommand("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')", database))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        foreach (var table in tables)
        {
            await using var search = new NpgsqlCommand($"select count(*) from {table} t where t::text like any ($1)", database);
            search.Parameters.AddWithValue(canaries.Select(canary => $"%{canary}%").ToArray());
            Assert.Equal((table, 0L), (table, (long)(await search.ExecuteScalarAsync())!));
        }

        Assert.All(canaries, canary => Assert.DoesNotContain(canary, topology.Output, StringComparison.Ordinal));
    }

    private Task SayAsync(params string[] groups)
        => topology.Provider.ScriptAsync(_sub, new { email = Email, email_verified = true, department = "research", groups });

    private ScriptedBrowser Browser() => new(Email, topology.Mailbox) { IdentityProvider = "Corporate" };

    private OAuthClient Client() => new(new Uri(topology.Orders, "/orders"));

    private async Task<string> EndAsync(string type)
    {
        var grant = Assert.Single(await topology.Admin.GrantsAsync(Email));
        var end = (await topology.Admin.EventsAsync((string)grant["id"]!))[^1];
        Assert.Equal(type, (string?)end["type"]);
        return end.ToJsonString();
    }
}
