using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Pages.McpPortals;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Tests.Portals;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>The pages of portals: their servers, what each portal says about tools, and the log.</summary>
public sealed class McpPortalPageTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    [Fact]
    public void Form_KeepsWhatAPortalSaysAboutTools_AndFollowsItsButtons()
    {
        var stored = JsonNode.Parse("""{"servers":[{"server_id":"a","on_behalf":true,"default_disabled":false,"updated_tools":[{"name":"x","enabled":false}],"updated_prompts":[]}]}""")!.AsObject();
        var draft = new Draft(stored);
        Assert.True(McpPortalForm.Take(draft, McpServerPageTests.Form(("server", "a"), ("a/on_behalf", "false"), ("added", "b"), ("action", "add"))));
        Assert.Equal(
            """[{"server_id":"a","on_behalf":false,"default_disabled":false,"updated_tools":[{"name":"x","enabled":false}],"updated_prompts":[]},{"server_id":"b","on_behalf":true,"default_disabled":false}]""",
            draft.Value["servers"]!.ToJsonString());
        Assert.True(McpPortalForm.Take(draft, McpServerPageTests.Form(("server", "a"), ("action", McpPortalForm.TakeOutOf("a")))));
        Assert.Equal("[]", draft.Value["servers"]!.ToJsonString());
        Assert.False(McpPortalForm.Take(draft, McpServerPageTests.Form(("action", "save"))));
    }

    [Fact]
    public void Form_AsksForManagedOAuth_UnlessItIsSwitchedOff()
    {
        var (on, off) = (new Draft(), new Draft());
        McpPortalForm.Take(on, McpServerPageTests.Form(("asks_for_oauth", "true"), ("managed_oauth", "true"), ("action", "save")));
        McpPortalForm.Take(off, McpServerPageTests.Form(("asks_for_oauth", "true"), ("action", "save")));
        Assert.Equal((false, "{\"enabled\":false}"), (on.Has("/oauth_configuration"), off.Value["oauth_configuration"]!.ToJsonString()));
    }

    [Fact]
    public async Task APortal_IsMade_Filled_Curated_AndRemoved()
    {
        await using var upstream = await UpstreamServer.StartAsync();
        var server = PortalCalls.NewId("in");
        await host.Api.AddServer(server, "");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{PortalCalls.Servers}/{server}", new JsonObject { ["hostname"] = upstream.Origin + "/mcp" }.ToJsonString());
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{PortalCalls.Servers}/{server}/sync");
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync("/mcp-portals/new");
        var id = PortalCalls.NewId("shown");
        var fields = new Dictionary<string, string> { ["/id"] = id, ["/name"] = "Shown", ["/hostname"] = "https://wrong/", ["asks_for_oauth"] = "true", ["managed_oauth"] = "true", ["added"] = server, ["action"] = "add" };
        await browser.PostAsync("/mcp-portals/new", fields);
        Assert.Contains($"name=\"server\" value=\"{server}\"", browser.Page, StringComparison.Ordinal);
        fields = new(fields) { ["server"] = server, ["action"] = "save" };
        using var refused = await browser.PostAsync("/mcp-portals/new", fields);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("host name with an optional port", browser.Page, StringComparison.Ordinal);
        using var made = await browser.PostAsync("/mcp-portals/new", new(fields) { ["/hostname"] = $"{id}.portal.test" });
        Assert.Equal(HttpStatusCode.SeeOther, made.StatusCode);
        var page = made.Headers.Location!.ToString();
        await browser.GetAsync(page);
        using var coded = await browser.PostAsync(page, new() { ["/name"] = "Shown", ["/code_mode"] = "opt_in", ["server"] = server, ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "save" });
        Assert.True(coded.StatusCode == HttpStatusCode.SeeOther, browser.Page);
        Assert.Equal("opt_in", (string?)(await PortalAsync(id))["code_mode"]);
        await browser.GetAsync(page);
        Assert.Contains("<option value=\"opt_in\" selected>", browser.Page, StringComparison.Ordinal);
        Assert.Contains($"{id}.portal.test/mcp", browser.Page, StringComparison.Ordinal);
        Assert.True((bool)(await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/apps/{(await PortalAsync(id))["application_id"]}"))["oauth_configuration"]!["enabled"]!);

        await browser.GetAsync($"{page}/servers/{server}");
        Assert.Contains("as at the server", browser.Page, StringComparison.Ordinal);
        using var curated = await browser.PostAsync($"{page}/servers/{server}", new()
        {
            ["/0/kind"] = "tools", ["/0/name"] = "search", ["/0/enabled"] = "on", ["/0/alias"] = "find", ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "save",
        });
        Assert.Equal(HttpStatusCode.SeeOther, curated.StatusCode);

        // The list of what is on, and what was said about tools, stand in one entry: the one form does not lose the other's.
        await browser.GetAsync(page);
        using var saved = await browser.PostAsync(page, new() { ["/name"] = "Shown", ["server"] = server, [$"{server}/on_behalf"] = "false", [$"{server}/default_disabled"] = "true", ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "save" });
        Assert.Equal(HttpStatusCode.SeeOther, saved.StatusCode);
        var entry = (await PortalAsync(id))["servers"]![0]!;
        Assert.Equal((false, true, """[{"name":"search","enabled":true,"alias":"find"}]"""), ((bool)entry["on_behalf"]!, (bool)entry["default_disabled"]!, entry["updated_tools"]!.ToJsonString()));
        using var nowhere = await browser.GetAsync($"{page}/servers/other");
        Assert.Equal(HttpStatusCode.NotFound, nowhere.StatusCode);

        // A server that is in a portal is not removed.
        var uid = (await host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{server}"))["uid"];
        await browser.GetAsync($"/mcp-servers/{uid}/remove");
        using var kept = await browser.PostAsync($"/mcp-servers/{uid}/remove", []);
        Assert.Equal(HttpStatusCode.Conflict, kept.StatusCode);
        Assert.Contains($"in the portal {id}", browser.Page, StringComparison.Ordinal);
        using var removed = await browser.PostAsync(page + "/remove", []);
        Assert.Equal(HttpStatusCode.SeeOther, removed.StatusCode);
        await browser.GetAsync("/audit/removed");
        Assert.Contains($"{page}/history/", browser.Page, StringComparison.Ordinal);
    }

    // The application of a server has neither an address nor an origin: the form of its settings must not take its server from it.
    [Fact]
    public async Task TheApplicationsOfServersAndPortals_HavePages_ThatChangeNothingElse()
    {
        var policy = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/policies", """{"name":"All","decision":"allow","include":[{"everyone":{}}]}"""))["id"]!;
        var (server, portal) = (PortalCalls.NewId("app"), PortalCalls.NewId("app"));
        var shown = await host.Api.AddServer(server, $$""","policies":[{"id":"{{policy}}"}]""");
        shown = await host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{shown["id"]}");
        var made = await host.Api.AddPortal(portal, $$"""{"server_id":"{{server}}"}""");
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        foreach (var id in (string[])[(string)shown["application_id"]!, (string)made["application_id"]!])
        {
            var before = await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/apps/{id}");
            foreach (var tab in (string[])["", "/settings", "/policies", "/advanced"])
            {
                using var page = await browser.GetAsync($"/applications/{id}{tab}");
                Assert.Equal(HttpStatusCode.OK, page.StatusCode);
                Assert.DoesNotContain("href=\"\"", browser.Page, StringComparison.Ordinal);
            }

            await browser.GetAsync($"/applications/{id}/settings");
            var fields = browser.Page.Split("name=\"/").Skip(1).Select(part => "/" + part.Split('"')[0]).ToHashSet();
            var posted = new Dictionary<string, string> { ["/name"] = "Renamed", ["/session_duration"] = (string)before["session_duration"]!, ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "confirm" };
            foreach (var text in fields.Where(field => field is "/domain" or "/destinations" or "/origin/url"))
            {
                posted[text] = text == "/domain" ? (string?)before["domain"] ?? "" : "";
            }

            using var saved = await browser.PostAsync($"/applications/{id}/settings", posted);
            Assert.True(saved.StatusCode == HttpStatusCode.SeeOther, browser.Page);
            var after = await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/apps/{id}");
            Assert.Equal(("Renamed", before["destinations"]?.ToJsonString(), (string?)before["domain"]), ((string)after["name"]!, after["destinations"]?.ToJsonString(), (string?)after["domain"]));
        }
    }

    [Fact]
    public async Task TheLog_IsFiltered_AndSaysWhatIsWrongWithAFilter()
    {
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync("/mcp-log");
        Assert.Contains("No call yet", browser.Page, StringComparison.Ordinal);
        var mine = PortalLogTests.Entry("paged", entry => (entry.Tool, entry.Error) = ("<i>tool</i>", "refused"));
        await PortalLogTests.SendAsync(host, "edge", [mine, PortalLogTests.Entry("other", entry => entry.UserEmail = "bob@example.com")]);
        await browser.GetAsync("/mcp-log?user=Alice%40example.com&live=true");
        Assert.Contains($"/grants/{mine.GrantId}", browser.Page, StringComparison.Ordinal);
        Assert.Contains("&lt;i&gt;tool&lt;/i&gt;", browser.Page, StringComparison.Ordinal);
        Assert.Contains("data-refresh=\"5\"", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain("bob@example.com", browser.Page, StringComparison.Ordinal);

        // One flow, one grant, and what took long, each alone.
        var slow = PortalLogTests.Entry("slow", entry => (entry.Tool, entry.DurationMs) = ("slow_tool", 12_345));
        await PortalLogTests.SendAsync(host, "edge", [slow]);
        foreach (var query in new[] { $"flow={slow.FlowId}", $"grant={slow.GrantId}", "min_duration_ms=12345" })
        {
            await browser.GetAsync("/mcp-log?" + query);
            Assert.Contains("slow_tool", browser.Page, StringComparison.Ordinal);
            Assert.DoesNotContain("&lt;i&gt;tool", browser.Page, StringComparison.Ordinal);
        }

        using var noNumber = await browser.GetAsync("/mcp-log?min_duration_ms=long");
        Assert.Equal(HttpStatusCode.BadRequest, noNumber.StatusCode);
        using var wrong = await browser.GetAsync("/mcp-log?since=yesterday");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("since is a time", browser.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheLog_NamesNoServer_ToWhomServersAreNotShown()
    {
        await using var own = new ConfigHost();
        await own.InitializeAsync();
        await own.Api.AddServer("gh");
        await own.Api.AddServer("unused");
        await own.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/organizations", """{"name":"Team","auth_domain":"localhost:8702"}""");
        await PortalLogTests.SendAsync(own, "edge", [PortalLogTests.Entry("paged")]);
        using var browser = own.Browse(DashboardBrowser.UserOf("auditor@example.com"));
        await browser.GetAsync("/mcp-log");
        Assert.Contains("Server unused", browser.Page, StringComparison.Ordinal);

        var auditors = (string)(await own.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/groups", """{"name":"Auditors","include":[{"email":{"email":"auditor@example.com"}}]}"""))["id"]!;
        await own.Api.Must(HttpStatusCode.OK, "PATCH", $"{ApiCalls.Access}/organizations", $$"""{"dashboard_permissions":[{"group_id":"{{auditors}}","permissions":["audit_logs_read"]}]}""");
        using var page = await browser.GetAsync("/mcp-log");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("<option value=\"gh\">gh</option>", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain("unused", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain("Server gh", browser.Page, StringComparison.Ordinal);
    }

    private Task<JsonNode> PortalAsync(string id) => host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Portals}/{id}");
}
