using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Pages.McpLog;
using ManagedOAuth.Config.Dashboard.Pages.McpServers;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Tests.Portals;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>The pages of MCP servers: what their forms make, and a server's way from its address to an approved tool.</summary>
public sealed class McpServerPageTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    private const string Secret = "sk-0123456789";

    [Theory]
    [InlineData("unauthenticated", """{"auth_type":"unauthenticated"}""")]
    [InlineData("bearer", """{"auth_type":"bearer","auth_credentials":"t0ken"}""")]
    [InlineData("headers", """{"auth_type":"bearer","auth_credentials":{"headers":{"X-Api-Key":"k:1","X-Two":""}}}""")]
    [InlineData("oauth", """{"auth_type":"oauth"}""")]
    [InlineData("client", """{"auth_type":"oauth","oauth_client":{"client_id":"c","token_endpoint_auth_method":"client_secret_post","scopes":["a","b"]},"client_secret":"s"}""")]
    public void Form_MakesTheChosenLogin_AndLeavesOutTheOthers(string way, string expected)
    {
        var draft = new Draft();
        McpServerForm.Take(draft, Form(
            ("authentication", way), ("/auth_credentials", " t0ken "), ("headers", "X-Api-Key: k:1\r\nX-Two"), ("/oauth_client/client_id", "c"), ("/oauth_client/issuer", ""),
            ("/oauth_client/token_endpoint_auth_method", "client_secret_post"), ("/oauth_client/scopes", "a\r\nb"), ("/client_secret", "s")));
        foreach (var flag in (string[])["/send_assertion", "/is_shared_oauth_callback_enabled"])
        {
            draft.Remove(flag);
        }

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), draft.Value), draft.Value.ToJsonString());
        Assert.Equal(way, McpServerForm.WayOf(draft));
    }

    [Fact]
    public void Form_WithoutACredential_KeepsTheOneThatIsThere()
    {
        var stored = new JsonObject { ["auth_type"] = "bearer", ["send_assertion"] = false, ["is_shared_oauth_callback_enabled"] = false };
        var draft = new Draft(stored);
        McpServerForm.Take(draft, Form(("authentication", "bearer"), ("/auth_credentials", "")));
        Assert.Empty(MergePatch.Between(stored, draft.Value));
    }

    [Fact]
    public void Capabilities_ThatAreNotOnTheForm_Stay()
    {
        var holder = JsonNode.Parse("""{"updated_tools":[{"name":"a","enabled":false},{"name":"b","alias":"bee"},{"name":"c","enabled":true}]}""")!.AsObject();
        CapabilityForm.Take(holder, Form(("/0/kind", "tools"), ("/0/name", "b"), ("/0/enabled", ""), ("/0/alias", ""), ("/1/kind", "tools"), ("/1/name", "c"), ("/1/enabled", "off"), ("/1/description", " New.\r\nLine "), ("/2/kind", "prompts"), ("/2/name", "p"), ("/2/alias", "pee")));
        Assert.Equal("""{"updated_tools":[{"name":"a","enabled":false},{"name":"c","enabled":false,"description":"New.\nLine"}],"updated_prompts":[{"name":"p","alias":"pee"}]}""", holder.ToJsonString());
    }

    [Fact]
    public void ToolPolicies_AreRows_OfWhichAnEmptyOneIsNone()
    {
        var draft = new Draft(JsonNode.Parse("""{"tool_policies":[{"tools":["a"],"policies":["p"]},{"tools":["b"],"policies":["q"]}]}""")!.AsObject());
        Assert.Equal(3, ToolPolicyForm.RowsOf(draft).Count);
        McpServerForm.Take(draft, Form(("/tool_policies/0/tools", ""), ("/tool_policies/1/tools", " b \r\nc*\r\n"), ("/tool_policies/1/policies", "q"), ("/tool_policies/2/tools", "d")));
        Assert.Equal("""[{"tools":["b","c*"],"policies":["q"]},{"tools":["d"],"policies":[]}]""", draft.Value["tool_policies"]!.ToJsonString());

        // A form that has no such rows says nothing about them.
        McpServerForm.Take(draft, Form(("/name", "n")));
        Assert.Equal(2, draft.Objects("/tool_policies").Count);
    }

    [Fact]
    public void ToolPolicies_AreClosed_ButTheOneThatIsChanged_WhatIsWrong_AndTheEmptyOne()
    {
        var draft = new Draft(JsonNode.Parse("""{"tool_policies":[{"tools":["a"],"policies":["p"]},{"tools":["b"],"policies":["q"]}]}""")!.AsObject());
        Assert.Equal([false, false, true], ToolPolicyForm.RowsOf(draft).Select(row => row.IsOpen));
        Assert.False(McpServerForm.Take(draft, Form(("/tool_policies/0/tools", "a"), ("/tool_policies/0/policies", "p"))));

        // The empty row before it goes away.
        Assert.True(McpServerForm.Take(draft, Form(("/tool_policies/0/tools", ""), ("/tool_policies/1/tools", "b"), ("/tool_policies/1/policies", "q"), ("/tool_policies/2/tools", "c"), ("action", "open:1"))));
        Assert.Equal([true, false, true], ToolPolicyForm.RowsOf(draft).Select(row => row.IsOpen));
        draft.Errors = [("/tool_policies/1/policies", "is wrong")];
        Assert.Equal([true, true, true], ToolPolicyForm.RowsOf(draft).Select(row => row.IsOpen));
    }

    [Fact]
    public async Task ToolPolicies_AreSaved_AndWhatIsWrongStandsAtTheirRow()
    {
        var policy = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/policies", """{"name":"Only <us>","decision":"allow","include":[{"everyone":{}}]}"""))["id"]!;
        var id = PortalCalls.NewId("few");
        var page = $"/mcp-servers/{(await host.Api.AddServer(id))["uid"]}";
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync(page);
        Assert.Contains("Only &lt;us&gt;", browser.Page, StringComparison.Ordinal);
        var stored = await host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}");
        var fields = new Dictionary<string, string>
        {
            ["/name"] = (string)stored["name"]!, ["/hostname"] = (string)stored["hostname"]!, ["authentication"] = "unauthenticated", ["/tool_pinning"] = "quarantine",
            ["/tool_policies/0/tools"] = "delete_*\nwrite", ["etag"] = ETag(browser.Page), ["action"] = "save",
        };
        using var wrong = await browser.PostAsync(page, fields);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("policies names at least one reusable policy", browser.Page, StringComparison.Ordinal);
        Assert.Contains("delete_*", browser.Page, StringComparison.Ordinal);
        using var saved = await browser.PostAsync(page, new(fields) { ["/tool_policies/0/policies"] = policy });
        Assert.True(saved.StatusCode == HttpStatusCode.SeeOther, browser.Page);
        Assert.Equal($$"""[{"tools":["delete_*","write"],"policies":["{{policy}}"]}]""", (await host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["tool_policies"]!.ToJsonString());
        await browser.GetAsync(page);
        Assert.DoesNotContain($"<option value=\"{policy}\" selected>", browser.Page, StringComparison.Ordinal);
        Assert.Contains("delete_*, write", browser.Page, StringComparison.Ordinal);
        using var opened = await browser.PostAsync(page, new(fields) { ["/tool_policies/0/policies"] = policy, ["etag"] = ETag(browser.Page), ["action"] = "open:0" });
        Assert.Equal(HttpStatusCode.OK, opened.StatusCode);
        Assert.Contains($"<option value=\"{policy}\" selected>", browser.Page, StringComparison.Ordinal);
        using var emptied = await browser.PostAsync(page, new(fields) { ["/tool_policies/0/tools"] = "", ["etag"] = ETag(browser.Page) });
        Assert.Equal("[]", (await host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["tool_policies"]?.ToJsonString() ?? "[]");
    }

    [Fact]
    public void TheLog_IsNarrowedByAnIdThatWasTyped_BeforeTheListAboveIt()
    {
        var filter = McpLogFilter.From(new QueryCollection(new Dictionary<string, StringValues> { ["portal"] = new(["local", "typed"]), ["server"] = new(["tools", ""]) }));
        Assert.Equal(("typed", "tools"), (filter.Portal, filter.Server));
    }

    [Fact]
    public void Curl_HidesCredentials_WhateverTheirShape()
    {
        var headers = ApiCall.Post("x", new JsonObject { ["auth_credentials"] = new JsonObject { ["headers"] = new JsonObject { ["X-Api-Key"] = Secret } } });
        Assert.DoesNotContain(Secret, headers.Curl(""), StringComparison.Ordinal);
        Assert.Contains("$AUTH_CREDENTIALS", headers.Curl(""), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, ApiCall.Post("x", new JsonObject { ["auth_credentials"] = Secret }).Curl(""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServer_IsAdded_Read_ItsChangedTools_AreApprovedOrRejected_AndItIsRemoved()
    {
        await using var upstream = await UpstreamServer.StartAsync();
        upstream.Tools = """[{"name":"search","description":"Finds <b>things</b>.","inputSchema":{"type":"object"}}]""";
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync("/mcp-servers/new");
        var id = PortalCalls.NewId("pages");
        var fields = new Dictionary<string, string>
        {
            ["/id"] = id, ["/name"] = "Paged", ["/hostname"] = "npx some-server", ["authentication"] = "bearer", ["/auth_credentials"] = Secret, ["/tool_pinning"] = "quarantine", ["action"] = "save",
        };
        using var refused = await browser.PostAsync("/mcp-servers/new", fields);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("standard input and output", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, browser.Page, StringComparison.Ordinal);

        fields["/hostname"] = upstream.Origin + "/mcp";
        using var previewed = await browser.PostAsync("/mcp-servers/new", new(fields) { ["action"] = "preview" });
        Assert.Contains("What this would do", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, browser.Page, StringComparison.Ordinal);
        using var added = await browser.PostAsync("/mcp-servers/new", fields);
        Assert.Equal(HttpStatusCode.SeeOther, added.StatusCode);
        var page = added.Headers.Location!.ToString();
        await ShowsAsync(browser, page, "ready");
        Assert.DoesNotContain(Secret, browser.Page, StringComparison.Ordinal);

        // Saved again as it is: nothing is asked for, and the credential stays.
        using var same = await browser.PostAsync(page, new(fields) { ["/auth_credentials"] = "", ["etag"] = ETag(browser.Page), ["action"] = "save" });
        Assert.Equal(HttpStatusCode.SeeOther, same.StatusCode);
        upstream.Tools = """[{"name":"search","description":"Sends it elsewhere.","inputSchema":{"type":"object"}},{"name":"delete","inputSchema":{"type":"object"}}]""";
        using var read = await browser.PostAsync(page + "/sync", []);
        await browser.GetAsync(page);
        Assert.Contains("It was read.", browser.Page, StringComparison.Ordinal);
        Assert.Contains("2 to approve", browser.Page, StringComparison.Ordinal);
        Assert.Contains("Waiting for approval", browser.Page, StringComparison.Ordinal);
        Assert.Equal($"Bearer {Secret}", upstream.Seen.Last(seen => seen.Method == "tools/list").Authorization);

        await browser.GetAsync(page + "/tools");
        Assert.Contains("Finds &lt;b&gt;things&lt;/b&gt;.", browser.Page, StringComparison.Ordinal);
        var waiting = await host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}/quarantine");
        using var stale = await browser.PostAsync(page + "/approve", new() { ["approve"] = "tools/0000/search" });
        Assert.Equal(HttpStatusCode.Conflict, stale.StatusCode);
        Assert.Contains("something else in the meantime", browser.Page, StringComparison.Ordinal);
        using var approved = await browser.PostAsync(page + "/approve", new() { ["approve"] = $"tools/{waiting[0]!["hash"]}/search" });
        using var off = await browser.PostAsync(page + "/approve", new() { ["off"] = $"tools/{waiting[1]!["hash"]}/delete" });
        Assert.Equal((HttpStatusCode.SeeOther, HttpStatusCode.SeeOther), (approved.StatusCode, off.StatusCode));
        var server = await host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}");
        Assert.Equal([true, false], server["tools"]!.AsArray().Select(tool => (bool)tool!["approved"]!));
        Assert.Equal("""[{"name":"delete","enabled":false}]""", server["updated_tools"]!.ToJsonString());
        await browser.GetAsync($"{page}/definition?type=tools&name=search");
        Assert.Contains("Changed; in quarantine", browser.Page, StringComparison.Ordinal);

        await browser.GetAsync(page + "/tools");
        var rows = new Dictionary<string, string> { ["/0/kind"] = "tools", ["/0/name"] = "search", ["/0/enabled"] = "", ["/0/alias"] = "not an alias", ["etag"] = ETag(browser.Page), ["action"] = "save" };
        using var wrong = await browser.PostAsync(page + "/tools", rows);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("aria-invalid=\"true\"", browser.Page, StringComparison.Ordinal);
        using var named = await browser.PostAsync(page + "/tools", new(rows) { ["/0/alias"] = "find" });
        Assert.Equal(HttpStatusCode.SeeOther, named.StatusCode);
        Assert.Equal("""[{"name":"delete","enabled":false},{"name":"search","alias":"find"}]""", (await host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}"))["updated_tools"]!.ToJsonString());

        await browser.GetAsync(page + "/remove");
        using var removed = await browser.PostAsync(page + "/remove", []);
        Assert.Equal((HttpStatusCode.SeeOther, "/mcp-servers"), (removed.StatusCode, removed.Headers.Location!.ToString()));
        using var gone = await browser.GetAsync(page);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    internal static string ETag(string page) => WebUtility.HtmlDecode(page.Split("name=\"etag\" value=\"")[1].Split('"')[0]);

    internal static FormCollection Form(params (string Name, string Value)[] fields) => new(fields.ToDictionary(field => field.Name, field => new StringValues(field.Value)));

    private static Task ShowsAsync(DashboardBrowser browser, string page, string text) => Eventually.Passes(async () =>
    {
        await browser.GetAsync(page);
        Assert.Contains($">{text}<", browser.Page, StringComparison.Ordinal);
    });
}
