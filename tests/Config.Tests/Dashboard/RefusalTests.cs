using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Pages.Lists;
using ManagedOAuth.Config.Tests.Support;
using PageAnswer = ManagedOAuth.Config.Dashboard.Requests.ApiAnswer;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>What may not be seen, or could not be read, is not shown as if there were nothing.</summary>
public sealed class RefusalTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    [Theory]
    [InlineData("/applications")]
    [InlineData("/policies")]
    [InlineData("/groups")]
    [InlineData("/lists")]
    [InlineData("/identity-providers")]
    [InlineData("/service-tokens")]
    [InlineData("/custom-pages")]
    [InlineData("/tags")]
    [InlineData("/api-tokens")]
    [InlineData("/sign-ins")]
    [InlineData("/grants")]
    public async Task AList_ThatMayNotBeSeen_SaysSo(string path)
    {
        using var browser = await SignInAsync("keys_read");
        using var page = await browser.GetAsync(path);
        Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
        Assert.Contains("You are not permitted to do this", browser.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overview_LeavesOutWhatMayNotBeSeen_AndNamesOutagesAlone()
    {
        using var some = await SignInAsync("keys_read");
        using var page = await some.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        foreach (var text in (string[])["does not answer", "Set up the organization", "Add a way to sign in", "Write a policy", "Protect an application", "Active grants", "reusable"])
        {
            Assert.DoesNotContain(text, some.Page, StringComparison.Ordinal);
        }

        // The token service is not there at all.
        using var everything = await SignInAsync("read");
        using var other = await everything.GetAsync("/");
        Assert.Contains("The token service does not answer", everything.Page, StringComparison.Ordinal);
        Assert.Contains("Set up the organization", everything.Page, StringComparison.Ordinal);
        Assert.Contains("data-refresh", everything.Page, StringComparison.Ordinal);
        using var still = await everything.GetAsync("/?live=false");
        Assert.DoesNotContain("data-refresh", everything.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AList_WhoseValuesCannotAllBeRead_HasNoForm()
    {
        var stored = new PageAnswer(200, new JsonObject { ["result"] = new JsonObject { ["id"] = "1" } }, "\"7\"");
        var first = Enumerable.Range(0, 1000).Select(value => (JsonNode)new JsonObject { ["value"] = $"u{value}@x.test" }).ToArray();
        var answer = await ListPages.WithItemsAsync(stored, page => Task.FromResult(page == 1
            ? new PageAnswer(200, new JsonObject { ["result"] = new JsonArray(first), ["result_info"] = new JsonObject { ["total_count"] = 1500 } }, null)
            : new PageAnswer(503, [], null)));
        Assert.Equal(503, answer.Status);
    }

    [Theory]
    [InlineData(403, "not permitted to see grants")]
    [InlineData(503, "the token service does not answer")]
    [InlineData(500, "cannot be told")]
    public void TheConsequenceOfARevocation_SaysWhyItIsNotKnown(int status, string expected)
        => Assert.Contains(expected, GrantWords.Consequence(new PageAnswer(status, [], null), "email", "user", ""), StringComparison.Ordinal);

    [Fact]
    public void TheConsequenceOfARevocation_CountsWhatItEnds()
    {
        var grants = new JsonObject
        {
            ["result"] = new JsonArray(new JsonObject { ["email"] = "a@x.test" }, new JsonObject { ["email"] = "b@x.test" }, new JsonObject { ["email"] = "a@x.test" }),
            ["result_info"] = new JsonObject { ["total_count"] = 3L },
        };
        Assert.StartsWith("This ends 3 grants of 2 users, ", GrantWords.Consequence(new PageAnswer(200, grants, null), "email", "user", "none"), StringComparison.Ordinal);
        grants["result_info"]!["total_count"] = 2000L;
        Assert.StartsWith("This ends 2000 grants of at least 2 users, ", GrantWords.Consequence(new PageAnswer(200, grants, null), "email", "user", "none"), StringComparison.Ordinal);
        Assert.Equal("none", GrantWords.Consequence(new PageAnswer(200, new JsonObject { ["result"] = new JsonArray() }, null), "email", "user", "none"));
    }

    [Fact]
    public async Task ARemovedMcpServer_ComesBackFromItsHistory()
    {
        const string Servers = ApiCalls.Access + "/ai-controls/mcp/servers";
        var name = $"s{Guid.NewGuid():N}"[..12];
        var body = new JsonObject { ["id"] = name, ["name"] = name, ["hostname"] = $"https://{name}.x.test/mcp", ["auth_type"] = "unauthenticated" }.ToJsonString();
        var uid = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", Servers, body))["uid"]!;
        await host.Api.Must(HttpStatusCode.OK, "DELETE", $"{Servers}/{name}");

        using var browser = await SignInAsync("write");
        await browser.GetAsync("/audit/removed");
        Assert.Contains($"/mcp-servers/{uid}/history/1/restore", browser.Page, StringComparison.Ordinal);
        await browser.GetAsync($"/mcp-servers/{uid}/history/1/restore");
        using var back = await browser.PostAsync($"/mcp-servers/{uid}/history/1/restore", new() { ["etag"] = "\"2\"", ["action"] = "confirm" });
        Assert.Equal(HttpStatusCode.SeeOther, back.StatusCode);
        await host.Api.Must(HttpStatusCode.OK, "GET", $"{Servers}/{name}");
        using var audit = await browser.GetAsync("/audit?kind=mcp_server");
        Assert.Contains(name, browser.Page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("users?email=")]
    [InlineData("groups?name=")]
    public async Task AFilterOfProvisioned_ThatIsTooLong_IsRefused(string filter)
        => await host.Api.Must(HttpStatusCode.BadRequest, "GET", $"{ApiCalls.Access}/identity_providers/{Guid.NewGuid()}/scim/{filter}{new string('x', 513)}");

    private async Task<DashboardBrowser> SignInAsync(string permission)
    {
        var made = await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Account}/tokens", new JsonObject { ["name"] = permission, ["permissions"] = new JsonArray(permission) }.ToJsonString());
        var browser = host.Browse();
        await browser.GetAsync("/sign-in");
        using var signedIn = await browser.PostAsync("/sign-in", new() { ["token"] = (string)made["value"]! });
        Assert.Equal(HttpStatusCode.SeeOther, signedIn.StatusCode);
        return browser;
    }
}
