using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>What an administrator does all day, through the public address of the admin API.</summary>
[Collection(TopologyCollection.Name)]
public sealed class AdministrationTests(LocalTopology topology)
{
    [Fact]
    public async Task AUser_IsListedWithSessionsIdentityAndLog_AndRevocationEndsEverything()
    {
        const string Address = "everything@example.com";
        var began = DateTimeOffset.UtcNow;
        using var browser = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await client.LoginAsync(browser);

        var user = Assert.Single((await topology.Admin.GetAsync($"users?email={Uri.EscapeDataString(Address)}")).AsArray())!;
        var sessions = (await topology.Admin.GetAsync($"users/{user["id"]}/active_sessions")).AsArray();
        var session = Assert.Single(sessions)!;
        Assert.Equal("oauth", (string)session["metadata"]!["kind"]!);
        Assert.Equal((string)session["metadata"]!["nonce"]!, (string)(await topology.Admin.GetAsync($"users/{user["id"]}/active_sessions/{session["metadata"]!["nonce"]}"))["metadata"]!["nonce"]!);
        Assert.Equal(Address, (string)(await topology.Admin.GetAsync($"users/{user["id"]}/last_seen_identity"))["email"]!);
        Assert.Empty((await topology.Admin.GetAsync($"users/{user["id"]}/failed_logins")).AsArray());

        var line = Assert.Single((await LogAsync($"email={Uri.EscapeDataString(Address)}&since={Uri.EscapeDataString(began.ToString("O"))}")).AsArray())!;
        Assert.Equal((true, "onetimepin", "Orders API"), ((bool)line["allowed"]!, (string)line["connection"]!, (string)line["app_name"]!));
        Assert.Contains("email_domain", (string)line["rule"]!, StringComparison.Ordinal);
        Assert.Empty((await LogAsync($"email={Uri.EscapeDataString(Address)}&allowed=false")).AsArray());
        Assert.Empty((await LogAsync($"email={Uri.EscapeDataString(Address)}&until={Uri.EscapeDataString(began.AddMinutes(-1).ToString("O"))}")).AsArray());

        Assert.True((bool)await topology.Admin.PostAsync("organizations/revoke_user", new JsonObject { ["email"] = Address }));
        Assert.Equal(HttpStatusCode.BadRequest, (await client.TryRefreshAsync(tokens.RefreshToken)).Status);
        Assert.Empty((await topology.Admin.GetAsync($"users/{user["id"]}/active_sessions")).AsArray());
        Assert.All(await topology.Admin.GrantsAsync(Address), grant => Assert.Equal("grant_revoked", (string)grant["end_reason"]!));

        // The sign-on at the team domain has ended too: a new login is a whole one, and then everything is open again.
        using var again = new OAuthClient(new Uri(topology.Orders, "/orders"));
        await again.LoginAsync(browser);
    }

    [Fact]
    public async Task RevokeTokens_EndsTheGrantsOfOneApplication()
    {
        const string Address = "one-application@example.com";
        using var browser = new ScriptedBrowser(Address, topology.Mailbox);
        using var orders = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await orders.LoginAsync(browser);
        var application = await topology.Admin.ApplicationAsync(topology.OrdersDomain);
        Assert.True((int)(await topology.Admin.PostAsync($"apps/{application["id"]}/revoke_tokens"))["ended"]! >= 1);
        Assert.Equal(HttpStatusCode.BadRequest, (await orders.TryRefreshAsync(tokens.RefreshToken)).Status);
        using var again = new OAuthClient(new Uri(topology.Orders, "/orders"));
        await again.LoginAsync(browser);
    }

    [Fact]
    public async Task PolicyTester_TellsForEachUserWhatDecides()
    {
        const string Address = "tested@example.com";
        using var browser = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        await client.LoginAsync(browser);

        var test = await topology.Admin.PostAsync("policy-tests", JsonNode.Parse($$$"""
            {"policies":[{"name":"No","decision":"deny","include":[{"email":{"email":"{{{Address}}}"}}]},
                         {"name":"Yes","decision":"allow","include":[{"email_domain":{"domain":"example.com"}}]}]}
            """)!);
        Assert.Equal("complete", (string)test["status"]!);
        var blocked = (await topology.Admin.GetAsync($"policy-tests/{test["id"]}/users?status=fail&per_page=1000")).AsArray();
        var one = Assert.Single(blocked, user => (string)user!["email"]! == Address)!;
        Assert.Equal(("No", $"include email {Address}"), ((string)one["policy_name"]!, (string)one["rule"]!));
        Assert.Equal((int)test["total_users"]!, (int)(await topology.Admin.GetAsync($"policy-tests/{test["id"]}"))["total_users"]!);

        var application = await topology.Admin.ApplicationAsync(topology.OrdersDomain);
        var check = await topology.Admin.GetAsync($"apps/{application["id"]}/user_policy_checks?email={Uri.EscapeDataString(Address)}");
        Assert.Equal("approved", (string)check["app_state"]!["status"]!);
        Assert.Equal("include email_domain example.com", (string)check["app_state"]!["decided_by"]!["rule"]!);
        Assert.Equal(Address, (string)check["user_identity"]!["email"]!);
    }

    [Fact]
    public async Task ServiceToken_ThatWasUsed_TellsWhen()
    {
        var token = await topology.Admin.PostAsync("service_tokens", new JsonObject { ["name"] = "seen" });
        Assert.Null(token["last_seen_at"]);
        var application = await topology.Admin.ApplicationAsync(topology.OrdersDomain);
        var policy = await topology.Admin.PostAsync($"apps/{application["id"]}/policies", JsonNode.Parse(
            $$$"""{"name":"Machine","decision":"non_identity","include":[{"service_token":{"token_id":"{{{token["id"]}}}"}}]}""")!);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("CF-Access-Client-Id", (string)token["client_id"]!);
        http.DefaultRequestHeaders.Add("CF-Access-Client-Secret", (string)token["client_secret"]!);
        await Eventually.Async(async () => (await http.GetAsync(new Uri(topology.Orders, "/orders"))).StatusCode == HttpStatusCode.OK);
        await Eventually.Async(
            async () => (await topology.Admin.GetAsync($"service_tokens/{token["id"]}"))["last_seen_at"] is not null, what: "Config knows of the use");
        await topology.Admin.DeleteAsync($"apps/{application["id"]}/policies/{policy["id"]}");
        await topology.Admin.DeleteAsync($"service_tokens/{token["id"]}");
    }

    [Fact]
    public async Task SigningKeys_Rotated_SessionsFromBeforeGoOn_AndEdgesTakeNewOnesWithTheNewKey()
    {
        using var before = new ScriptedBrowser("before-rotation@example.com", topology.Mailbox);
        var old = await KeyAsync(before);

        // Refused for seconds after the key was published.
        await Eventually.Async(async () => await topology.Admin.PostAsync("keys/rotate"));

        // Each replica of Token hears of it within seconds. The origin's answer says that the edge knew the key. Codes are limited for all tests together.
        await Eventually.Async(async () =>
        {
            using var after = new ScriptedBrowser($"{Guid.NewGuid():N}@example.com", topology.Mailbox);
            return await KeyAsync(after) != old;
        }, pause: TimeSpan.FromSeconds(1));

        Assert.Equal(old, await KeyAsync(before));
        Assert.False(before.PinAsked);
    }

    // The key id of the assertion that the origin gets with this user's session.
    private async Task<string> KeyAsync(ScriptedBrowser user)
    {
        using var answer = await user.OpenAsync(new Uri(topology.Plain, "/echo"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var assertion = Assert.Single(OriginEcho.Headers(await answer.Content.ReadFromJsonAsync<JsonElement>(), "Cf-Access-Jwt-Assertion"));
        return JsonDocument.Parse(Base64Url.DecodeFromChars(assertion.Split('.')[0])).RootElement.GetProperty("kid").GetString()!;
    }

    private Task<JsonNode> LogAsync(string query) => topology.Admin.GetAsync($"logs/access_requests?{query}");
}
