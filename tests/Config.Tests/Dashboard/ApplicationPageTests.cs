using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>The forms of an application: every setting, nothing lost that a form does not show, policies of its own, and the way back.</summary>
public sealed partial class ApplicationPageTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    private const string Apps = ApiCalls.Access + "/apps";

    [Fact]
    public async Task AdvancedSettings_TakeWhatScriptsOfOtherSitesMayAsk_AndLoseNothing()
    {
        var id = await MakeAsync(app => app["oauth_configuration"] = new JsonObject { ["enabled"] = true });
        var page = $"/applications/{id}/advanced";
        using var browser = Browse();
        await browser.GetAsync(page);
        Assert.Contains("name=\"/oauth_configuration/dynamic_client_registration/enabled\" value=\"true\" checked", browser.Page, StringComparison.Ordinal);
        var fields = new Dictionary<string, string>
        {
            ["/oauth_configuration/enabled"] = "true", ["/http_only_cookie_attribute"] = "true", ["/path_cookie_attribute"] = "true",
            ["cors"] = "headers", ["/cors_headers/allowed_origins"] = "https://one.example\r\nhttps://two.example", ["/cors_headers/allow_all_methods"] = "true",
            ["/cors_headers/allow_credentials"] = "true", ["/cors_headers/max_age"] = "soon", ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "save",
        };
        using var refused = await browser.PostAsync(page, fields);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("max_age is a whole number", browser.Page, StringComparison.Ordinal);
        Assert.Contains("https://two.example", browser.Page, StringComparison.Ordinal);

        using var saved = await browser.PostAsync(page, new(fields) { ["/cors_headers/max_age"] = "600", ["action"] = "confirm" });
        Assert.Equal(HttpStatusCode.SeeOther, saved.StatusCode);
        var app = await AppAsync(id);
        Assert.Equal(
            """{"allow_all_headers":false,"allow_all_methods":true,"allow_all_origins":false,"allow_credentials":true,"allowed_headers":[],"allowed_methods":[],"allowed_origins":["https://one.example","https://two.example"],"max_age":600}""",
            Sorted(app["cors_headers"]!.AsObject()));
        Assert.True((bool)app["path_cookie_attribute"]!);
        Assert.False((bool)app["oauth_configuration"]!["dynamic_client_registration"]!["enabled"]!);

        await browser.GetAsync(page);
        using var bypass = await browser.PostAsync(page, new(fields) { ["cors"] = "bypass", ["action"] = "confirm", ["etag"] = McpServerPageTests.ETag(browser.Page) });
        app = await AppAsync(id);
        Assert.Null(app["cors_headers"]);
        Assert.True((bool)app["options_preflight_bypass"]!);
    }

    [Fact]
    public async Task Choices_ThatAFormDoesNotOffer_StayChosen()
    {
        var name = $"tag-{Guid.NewGuid():N}"[..20];
        await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/tags", $$"""{"name":"{{name}}"}""");
        var id = await MakeAsync(app => app["tags"] = new JsonArray(name));
        var page = $"/applications/{id}/settings";
        using var browser = Browse();
        await browser.GetAsync(page);
        Assert.Contains($"name=\"offered:/tags\" value=\"{name}\"", browser.Page, StringComparison.Ordinal);
        var stored = await AppAsync(id);
        var fields = new Dictionary<string, string>
        {
            ["/name"] = "Renamed", ["/domain"] = (string)stored["domain"]!, ["/session_duration"] = "24h", ["/destinations"] = "", ["/origin/url"] = "",
            ["/custom_non_identity_deny_url"] = "https://example.com/machines", ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "confirm",
        };
        using var saved = await browser.PostAsync(page, fields);
        Assert.Equal(HttpStatusCode.SeeOther, saved.StatusCode);
        stored = await AppAsync(id);
        Assert.Equal(("Renamed", name, "https://example.com/machines"), ((string?)stored["name"], (string?)stored["tags"]!.AsArray().Single(), (string?)stored["custom_non_identity_deny_url"]));

        await browser.GetAsync(page);
        using var off = await browser.PostAsync(page, new(fields) { ["offered:/tags"] = name, ["etag"] = McpServerPageTests.ETag(browser.Page) });
        Assert.Empty((await AppAsync(id))["tags"]!.AsArray());
    }

    [Fact]
    public async Task APolicyOfItsOwn_IsWritten_Detached_AndTakenBack()
    {
        var id = await MakeAsync(_ => { });
        var page = $"/applications/{id}/policies";
        using var browser = Browse();
        await browser.GetAsync(page + "/new");
        var fields = new Dictionary<string, string> { ["/name"] = "Only here", ["/decision"] = "allow", ["/include/0/kind"] = "email", ["/include/0/email"] = "", ["action"] = "save" };
        using var refused = await browser.PostAsync(page + "/new", fields);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("Only here", browser.Page, StringComparison.Ordinal);
        using var noAddress = await browser.PostAsync(page + "/new", new(fields) { ["/include/0/email"] = "bob" });
        Assert.Equal(HttpStatusCode.BadRequest, noAddress.StatusCode);
        Assert.Matches("""name="/include/0/email" value="bob"[^>]* aria-invalid="true" aria-describedby="field-include-0-error" """.TrimEnd(), browser.Page);
        Assert.Matches("""id="field-include-0-error">[^<]*bob[^<]* is no e-mail address""", browser.Page);
        using var made = await browser.PostAsync(page + "/new", new(fields) { ["/include/0/email"] = "alice@example.com" });
        Assert.Equal((HttpStatusCode.SeeOther, page), (made.StatusCode, made.Headers.Location!.ToString()));
        var policy = (string)(await AppAsync(id))["policies"]!.AsArray().Single()!["id"]!;
        await browser.GetAsync($"/policies/{policy}");
        Assert.Contains("of one application", browser.Page, StringComparison.Ordinal);

        // What ends is not known while the token service is away, so it is asked about.
        await browser.GetAsync(page);
        Assert.Contains("of this application alone", browser.Page, StringComparison.Ordinal);
        var detach = new Dictionary<string, string> { ["change"] = $"remove:{policy}", ["etag"] = McpServerPageTests.ETag(browser.Page) };
        using var asked = await browser.PostAsync(page, detach);
        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        Assert.Contains("Detach Only here?", browser.Page, StringComparison.Ordinal);
        Assert.Single((await AppAsync(id))["policies"]!.AsArray());
        using var detached = await browser.PostAsync(page, new(detach) { ["action"] = "confirm" });
        Assert.Equal(HttpStatusCode.SeeOther, detached.StatusCode);
        Assert.Empty((await AppAsync(id))["policies"]!.AsArray());

        await browser.GetAsync(page);
        using var undone = await browser.PostAsync("/undo", Undo(browser.Page));
        Assert.Equal((HttpStatusCode.SeeOther, page), (undone.StatusCode, undone.Headers.Location!.ToString()));
        Assert.Equal(policy, (string?)(await AppAsync(id))["policies"]!.AsArray().Single()!["id"]);

        using var shared = await browser.PostAsync($"{page}/{policy}/share", [], browser.FormToken());
        Assert.Equal(HttpStatusCode.SeeOther, shared.StatusCode);
        Assert.Contains(await PoliciesAsync(), entry => (string?)entry!["id"] == policy);
    }

    // The token service is not there: nobody can say what ends.
    [Fact]
    public async Task ASave_ThatMayEndAccess_IsAskedAbout_AndLosesNothingOnTheWayBack()
    {
        var name = $"Asked {Guid.NewGuid():N}"[..16];
        var list = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Account + "/gateway/lists", $$$"""{"name":"{{{name}}}","type":"EMAIL","items":[{"value":"a@x.test"}]}"""))["id"]!;
        var group = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/groups", $$$"""{"name":"{{{name}}}","include":[{"email_list":{"id":"{{{list}}}"}}]}"""))["id"]!;
        var policy = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/policies", $$$"""{"name":"{{{name}}}","decision":"allow","include":[{"group":{"id":"{{{group}}}"}}]}"""))["id"]!;
        var app = await MakeAsync(app => app["policies"] = new JsonArray(policy));
        var domain = (string)(await AppAsync(app))["domain"]!;
        using var browser = Browse();
        foreach (var (page, fields) in new (string, Dictionary<string, string>)[]
        {
            ($"/lists/{list}", new() { ["/items"] = "b@x.test\r\nc@x.test # <new>" }),
            ($"/groups/{group}", new() { ["/include/0/kind"] = "email", ["/include/0/email"] = "b@x.test" }),
            ($"/policies/{policy}", new() { ["/decision"] = "allow", ["/include/0/kind"] = "email", ["/include/0/email"] = "b@x.test" }),
            ($"/applications/{app}/settings", new() { ["/domain"] = domain, ["/session_duration"] = "1h", ["/destinations"] = "", ["/origin/url"] = "" }),
        })
        {
            await browser.GetAsync(page);
            fields["/name"] = name + " two";
            fields["etag"] = McpServerPageTests.ETag(browser.Page);
            fields["action"] = "save";
            using var asked = await browser.PostAsync(page, fields);
            Assert.True(asked.StatusCode == HttpStatusCode.OK, $"{page}: {asked.StatusCode}");
            Assert.Contains("Save anyway", browser.Page, StringComparison.Ordinal);
            Assert.Contains("is not known at the moment", browser.Page, StringComparison.Ordinal);

            // What the page asks with is what was typed.
            var kept = Hidden().Matches(browser.Page).GroupBy(field => WebUtility.HtmlDecode(field.Groups[1].Value)).ToDictionary(same => same.Key, same => WebUtility.HtmlDecode(same.Last().Groups[2].Value));
            foreach (var (field, value) in fields.Where(field => field.Key != "action"))
            {
                Assert.Equal(value, kept[field]);
            }

            using var back = await browser.PostAsync(page, new(fields) { ["action"] = "preview" });
            Assert.Contains($"value=\"{name} two\"", browser.Page, StringComparison.Ordinal);
            Assert.DoesNotContain("Save anyway", browser.Page, StringComparison.Ordinal);
            using var saved = await browser.PostAsync(page, new(fields) { ["action"] = "confirm" });
            Assert.True(saved.StatusCode == HttpStatusCode.SeeOther, $"{page}: {saved.StatusCode}");

            // Undo is offered once, with an entity tag of its own.
            await browser.GetAsync(page);
        }

        // What no application has ends nothing, and is not asked about.
        var unused = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/groups", $$$"""{"name":"{{{name}}} unused","include":[{"everyone":{}}]}"""))["id"]!;
        await browser.GetAsync($"/groups/{unused}");
        using var simple = await browser.PostAsync($"/groups/{unused}", new() { ["/name"] = name + " other", ["/include/0/kind"] = "everyone", ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "save" });
        Assert.Equal(HttpStatusCode.SeeOther, simple.StatusCode);
    }

    [Fact]
    public async Task Undo_LeavesALaterChangeOfSomebodyElse()
    {
        var id = await MakeAsync(_ => { });
        var stored = await AppAsync(id);
        using var browser = Browse();
        await browser.GetAsync($"/applications/{id}/settings");
        var fields = new Dictionary<string, string> { ["/name"] = "Mine", ["/domain"] = (string)stored["domain"]!, ["/session_duration"] = "24h", ["/destinations"] = "", ["/origin/url"] = "", ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "confirm" };
        using var saved = await browser.PostAsync($"/applications/{id}/settings", fields);
        await browser.GetAsync(saved.Headers.Location!.ToString());
        var undo = Undo(browser.Page);
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Apps}/{id}", """{"name":"Theirs"}""");
        using var refused = await browser.PostAsync("/undo", undo);
        Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
        Assert.Contains($"/applications/{id}/history", browser.Page, StringComparison.Ordinal);
        Assert.Equal("Theirs", (string?)(await AppAsync(id))["name"]);
    }

    [Fact]
    public async Task Removal_IsTakenBack_AlsoOfAnApplicationWithPoliciesOfItsOwn()
    {
        var id = await MakeAsync(app => app["policies"] = new JsonArray(new JsonObject { ["name"] = "Own", ["decision"] = "allow", ["include"] = new JsonArray(new JsonObject { ["everyone"] = new JsonObject() }) }));
        using var browser = Browse();
        await browser.GetAsync($"/applications/{id}/remove");
        using var removed = await browser.PostAsync($"/applications/{id}/remove", []);
        Assert.Equal(HttpStatusCode.SeeOther, removed.StatusCode);
        await browser.GetAsync("/applications");
        using var undone = await browser.PostAsync("/undo", Undo(browser.Page));
        Assert.Equal((HttpStatusCode.SeeOther, $"/applications/{id}"), (undone.StatusCode, undone.Headers.Location!.ToString()));
        Assert.Equal("Own", (string?)(await AppAsync(id))["policies"]!.AsArray().Single()!["name"]);

        // From its history as well: the entity tag of such an application is more than its version.
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Apps}/{id}", """{"name":"Another"}""");
        await browser.GetAsync($"/applications/{id}/history/1/restore");
        using var restored = await browser.PostAsync($"/applications/{id}/history/1/restore", new() { ["etag"] = McpServerPageTests.ETag(browser.Page) });
        Assert.Equal(HttpStatusCode.SeeOther, restored.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Undo_OfACreation_RemovesIt_UnlessSomebodyHasChangedItSince(bool changed)
    {
        using var browser = Browse();
        await browser.GetAsync("/applications/new");
        using var made = await browser.PostAsync("/applications/new", new() { ["/name"] = "Too early", ["/domain"] = $"{Guid.NewGuid():N}.example.com", ["action"] = "save" });
        var page = made.Headers.Location!.ToString();
        var id = page.Split('/')[^1];
        await browser.GetAsync(page);
        var undo = Undo(browser.Page);
        if (changed)
        {
            await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Apps}/{id}", """{"name":"Theirs"}""");
        }

        using var undone = await browser.PostAsync("/undo", undo);
        Assert.Equal(changed ? HttpStatusCode.PreconditionFailed : HttpStatusCode.SeeOther, undone.StatusCode);
        await host.Api.Must(changed ? HttpStatusCode.OK : HttpStatusCode.NotFound, "GET", $"{Apps}/{id}");
        await browser.GetAsync("/applications");
        Assert.Equal(!changed, browser.Page.Contains("The application is gone; its history stays.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Undo_OfSomethingElse_IsRefused()
    {
        using var browser = Browse();
        await browser.GetAsync("/");
        foreach (var (kind, id, version) in new[] { ("nothing", Guid.NewGuid().ToString(), "1"), ("api_token", Guid.NewGuid().ToString(), "1"), ("policy", "../apps", "1"), ("policy", Guid.NewGuid().ToString(), "x"), ("policy", "../apps", "0"), ("organization", "default", "0") })
        {
            using var refused = await browser.PostAsync("/undo", new() { ["kind"] = kind, ["id"] = id, ["version"] = version, ["etag"] = "\"1\"", ["back"] = "//evil.example" });
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            await browser.GetAsync("/");
        }
    }

    [Fact]
    public async Task AServiceToken_IsTurnedOffAndRotated_AfterItsUseIsSaid()
    {
        var token = await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/service_tokens", """{"name":"Robot"}""");
        var tokenId = (string)token["id"]!;
        var app = await MakeAsync(app =>
        {
            app["name"] = "Nightly";
            app["policies"] = new JsonArray(new JsonObject { ["name"] = "Robots", ["decision"] = "non_identity", ["include"] = new JsonArray(new JsonObject { ["service_token"] = new JsonObject { ["token_id"] = tokenId } }) });
        });
        var page = $"/service-tokens/{tokenId}";
        using var browser = Browse();
        await browser.GetAsync(page);
        var fields = new Dictionary<string, string> { ["/name"] = "Robot", ["/duration"] = "8760h", ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "save" };
        using var asked = await browser.PostAsync(page, fields);
        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        Assert.Contains("Policies of Nightly name it", browser.Page, StringComparison.Ordinal);
        Assert.Contains("No use of it is known", browser.Page, StringComparison.Ordinal);
        using var off = await browser.PostAsync(page, new(fields) { ["action"] = "confirm" });
        Assert.Equal(HttpStatusCode.SeeOther, off.StatusCode);
        Assert.False((bool)(await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/service_tokens/{tokenId}"))["enabled"]!);

        await browser.GetAsync(page);
        using var rotation = await browser.PostAsync(page + "/rotate", new() { ["grace"] = "0" });
        Assert.Contains("Whoever has the old secret is refused", browser.Page, StringComparison.Ordinal);
        using var rotated = await browser.PostAsync(page + "/rotate", new() { ["grace"] = "0", ["action"] = "confirm" });
        Assert.Contains("Take it now", browser.Page, StringComparison.Ordinal);
        await browser.GetAsync(page + "/remove");
        Assert.Contains("used by the policy Robots", browser.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsInUse_SaysSoBeforeItIsRemoved_AndByHowMany()
    {
        var group = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/groups", """{"name":"People","include":[{"everyone":{}}]}"""))["id"]!;
        foreach (var name in new[] { "First", "Second", "Third" })
        {
            await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/policies", new JsonObject { ["name"] = name, ["decision"] = "allow", ["include"] = new JsonArray(new JsonObject { ["group"] = new JsonObject { ["id"] = group } }) }.ToJsonString());
        }

        using var browser = Browse();
        using var page = await browser.GetAsync($"/groups/{group}/remove");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("and 2 others", browser.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplicationsWithAPolicy_AreFoundByIt()
    {
        var policy = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/policies", """{"name":"Shared","decision":"allow","include":[{"everyone":{}}]}"""))["id"]!;
        var id = await MakeAsync(app => app["policies"] = new JsonArray(policy));
        var other = await MakeAsync(_ => { });
        Assert.Equal([id], await FoundAsync($"policy_id={policy}"));
        Assert.Equal([other], await FoundAsync($"ids={other},{Guid.NewGuid()}"));
        Assert.Empty(await FoundAsync("ids=nonsense"));
        Assert.DoesNotContain(id, await FoundAsync("managed_oauth=true&per_page=1000"));
        using var browser = Browse();
        await browser.GetAsync($"/applications?policy_id={policy}");
        Assert.Contains($"/applications/{id}", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain($"/applications/{other}", browser.Page, StringComparison.Ordinal);
    }

    [Fact]
    public void OfSeveralTextsOfOneName_TheLastCounts_WhereItSaysSomething()
    {
        Assert.Equal("typed", Posted.Text(new([" chosen", " typed "])));
        Assert.Equal("chosen", Posted.Text(new(["chosen", " "])));
        Assert.Equal("", Posted.Text(default));
    }

    private DashboardBrowser Browse() => host.Browse(DashboardBrowser.UserOf("admin@example.com"));

    private async Task<string> MakeAsync(Action<JsonObject> with)
    {
        var app = new JsonObject { ["type"] = "self_hosted", ["name"] = "Orders", ["domain"] = $"{Guid.NewGuid():N}.example.com" };
        with(app);
        return (string)(await host.Api.Must(HttpStatusCode.Created, "POST", Apps, app.ToJsonString()))["id"]!;
    }

    private Task<JsonNode> AppAsync(string id) => host.Api.Must(HttpStatusCode.OK, "GET", $"{Apps}/{id}");

    private async Task<JsonArray> PoliciesAsync() => (await host.Api.Must(HttpStatusCode.OK, "GET", ApiCalls.Access + "/policies?per_page=1000")).AsArray();

    private async Task<string[]> FoundAsync(string query) => [.. (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Apps}?{query}")).AsArray().Select(app => (string)app!["id"]!)];

    private static string Sorted(JsonObject json) => new JsonObject(json.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))).ToJsonString();

    // The hidden fields of the form that takes back.
    private static Dictionary<string, string> Undo(string page)
    {
        var form = UndoForm().Match(page);
        Assert.True(form.Success, "There is no Undo on the page.");
        return Hidden().Matches(form.Value).Where(field => field.Groups[1].Value != "form-token").ToDictionary(field => field.Groups[1].Value, field => WebUtility.HtmlDecode(field.Groups[2].Value));
    }

    [GeneratedRegex("<form method=\"post\" action=\"/undo\">.*?</form>", RegexOptions.Singleline)]
    private static partial Regex UndoForm();

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"")]
    private static partial Regex Hidden();
}
