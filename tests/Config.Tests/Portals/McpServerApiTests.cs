using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.Portals;

[Collection(ConfigCollection.Name)]
public sealed class McpServerApiTests(ConfigHost host)
{
    [Fact]
    public async Task Server_HasTheFieldsOfTheOriginalAndIsAddressedByItsId()
    {
        var id = PortalCalls.NewId("github");
        var created = await host.Api.AddServer(id);
        Assert.Equal((id, "waiting", "not_required"), ((string)created["id"]!, (string)created["status"]!, (string)created["authentication_status"]!));
        Assert.Equal((0, 0, false), (created["tools"]!.AsArray().Count, created["prompts"]!.AsArray().Count, (bool)created["secure_web_gateway"]!));
        Assert.True(Guid.TryParse((string)created["uid"]!, out _));
        var path = $"{PortalCalls.Servers}/{id}";
        Assert.Equal(id, (string)(await host.Api.Must(HttpStatusCode.OK, "GET", path))["id"]!);
        var found = await host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}?search={id}");
        Assert.Contains(found.AsArray(), server => (string)server!["id"]! == id);

        var renamed = await host.Api.Must(HttpStatusCode.OK, "PUT", path, """{"name":"Renamed","updated_tools":[{"name":"search","enabled":false,"alias":"find"}]}""");
        Assert.Equal(("Renamed", $"https://{id}.upstream.test/mcp"), ((string)renamed["name"]!, (string)renamed["hostname"]!));
        var patched = await host.Api.Must(HttpStatusCode.OK, "PATCH", path, """{"description":"More"}""");
        Assert.Equal(("More", "find"), ((string)patched["description"]!, (string)patched["updated_tools"]![0]!["alias"]!));
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Api.Call("PATCH", path, """{"description":"Late"}""", ("If-Match", "\"1\""))).Status);

        // A body that forgets the switches turns nothing on.
        Assert.False((bool)(await host.Api.Must(HttpStatusCode.OK, "PUT", path, """{"name":"Again"}"""))["updated_tools"]![0]!["enabled"]!);
        Assert.Equal(id, (string)(await host.Api.Must(HttpStatusCode.OK, "DELETE", path))["id"]!);
        await host.Api.Must(HttpStatusCode.NotFound, "GET", path);
        var restored = await host.Api.Must(HttpStatusCode.OK, "POST", $"{PortalCalls.Servers}/{created["uid"]}/versions/3/restore");
        Assert.Equal("More", (string)restored["description"]!);
    }

    [Theory]
    [InlineData("portal")]
    [InlineData("gh_admin")]
    [InlineData("GH")]
    [InlineData("gh-")]
    [InlineData("-gh")]
    [InlineData("")]
    [InlineData("\\ud83d\\ude00")]
    [InlineData("a.b")]
    [InlineData("gh\\n")]
    [InlineData("a12345678901234567890123456789012")]
    public async Task Server_WithAnIdThatCannotNameTools_IsRefused(string id)
    {
        var answer = await host.Api.Call("POST", PortalCalls.Servers, $$"""{"id":"{{id}}","name":"x","hostname":"https://x.test/mcp","auth_type":"unauthenticated"}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(answer.Body["errors"]!.AsArray(), error => (string?)error!["source"]?["pointer"] == "/id");
    }

    [Fact]
    public async Task Server_WithTheIdOfAnother_IsRefused()
    {
        var id = PortalCalls.NewId("twice");
        await host.Api.AddServer(id);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", PortalCalls.Servers, $$"""{"id":"{{id}}","name":"x","hostname":"https://x.test/mcp","auth_type":"unauthenticated"}""")).Status);
    }

    [Theory]
    [InlineData("stdio:npx server", "stdio")]
    [InlineData("npx -y @modelcontextprotocol/server-everything", "stdio")]
    [InlineData("ftp://x.test/mcp", "Streamable HTTP")]
    [InlineData("http://x.test/mcp", "https")]
    [InlineData("https://user:pass@x.test/mcp", "credentials")]
    [InlineData("https://x.test/mcp#f", "fragment")]
    [InlineData("http://169.254.169.254/latest", "https")]
    [InlineData("https://169.254.169.254/mcp", "never")]
    public async Task Server_AtAnAddressThatCannotBeReached_IsRefusedWithTheReason(string hostname, string reason)
    {
        var answer = await host.Api.Call("POST", PortalCalls.Servers, $$"""{"id":"{{PortalCalls.NewId("bad")}}","name":"x","hostname":"{{hostname}}","auth_type":"unauthenticated"}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(answer.Body["errors"]!.AsArray(), error => (string?)error!["source"]?["pointer"] == "/hostname" && ((string)error["message"]!).Contains(reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""[{"name":"a","alias":"x"},{"name":"b","alias":"x"}]""")]
    [InlineData("""[{"name":"a","alias":"b"},{"name":"b"}]""")]
    [InlineData("""[{"name":"a"},{"name":"a"}]""")]
    [InlineData("""[{"name":"a","alias":"_x"}]""")]
    [InlineData("""[{"name":"a","alias":"x__y"}]""")]
    [InlineData("""[{"name":"a","alias":"x y"}]""")]
    [InlineData("""[{"name":"a","alias":"x\n"}]""")]
    [InlineData("""[{"name":"a","alias":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]""")]
    [InlineData("""[{"enabled":true}]""")]
    public async Task Tools_WithNamesOrAliasesThatDoNotLeadToOne_AreRefused(string tools)
    {
        var body = $$"""{"id":"{{PortalCalls.NewId("alias")}}","name":"x","hostname":"https://x.test/mcp","auth_type":"unauthenticated","updated_tools":{{tools}}}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", PortalCalls.Servers, body)).Status);
    }

    [Fact]
    public async Task Tools_ThatTradeTheirNames_AreAccepted()
    {
        var server = await host.Api.AddServer(PortalCalls.NewId("swap"), ""","updated_tools":[{"name":"a","alias":"b"},{"name":"b","alias":"a"}]""");
        Assert.Equal(2, server["updated_tools"]!.AsArray().Count);
    }

    [Fact]
    public async Task Credentials_AreNeverShownAndKeptInNoEventInTheClear()
    {
        var id = PortalCalls.NewId("secret");
        var created = await host.Api.Must(HttpStatusCode.Created, "POST", PortalCalls.Servers,
            $$"""{"id":"{{id}}","name":"x","hostname":"https://x.test/mcp","auth_type":"bearer","auth_credentials":"sk-very-secret-1"}""");
        var path = $"{PortalCalls.Servers}/{id}";
        await host.Api.Must(HttpStatusCode.OK, "PUT", path, """{"auth_credentials":"{\"headers\":{\"cf-access-client-id\":\"one\",\"cf-access-client-secret\":\"very-secret-2\"}}"}""");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", path, """{"auth_type":"oauth","oauth_client":{"client_id":"c","scopes":["read"],"issuer":"https://as.test"},"client_secret":"very-secret-3"}""");
        var shown = await host.Api.Must(HttpStatusCode.OK, "GET", path);
        var summary = shown["auth_config_summary"]!;
        Assert.Equal(("manual", true, "c", "client_secret_basic"), ((string)summary["auth_mode"]!, (bool)summary["has_client_secret"]!,
            (string)summary["registration_info"]!["client_id"]!, (string)summary["registration_info"]!["token_endpoint_auth_method"]!));
        var all = shown.ToJsonString() + (await host.Api.Call("GET", $"{PortalCalls.Servers}/{created["uid"]}/versions")).Body.ToJsonString();
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var events = await session.Events.FetchStreamAsync(Guid.Parse((string)created["uid"]!));
        all += string.Concat(events.Select(e => System.Text.Json.JsonSerializer.Serialize(e.Data)));
        Assert.Equal(3, events.Count);
        Assert.DoesNotContain("very-secret", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_AreNotSentElsewhereByWhoeverMayEdit()
    {
        var id = PortalCalls.NewId("move");
        await host.Api.Must(HttpStatusCode.Created, "POST", PortalCalls.Servers, $$"""{"id":"{{id}}","name":"x","hostname":"https://x.test/mcp","auth_type":"bearer","auth_credentials":"sk-1"}""");
        var path = $"{PortalCalls.Servers}/{id}";
        await host.Api.Must(HttpStatusCode.OK, "PATCH", path, """{"hostname":"https://x.test/other"}""");
        await host.Api.Must(HttpStatusCode.BadRequest, "PATCH", path, """{"hostname":"https://evil.test/mcp"}""");
        await host.Api.Must(HttpStatusCode.BadRequest, "PATCH", path, """{"hostname":"https://x.test:8443/mcp"}""");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", path, """{"hostname":"https://evil.test/mcp","auth_credentials":"sk-2"}""");
        var uid = (string)(await host.Api.Must(HttpStatusCode.OK, "GET", path))["uid"]!;
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{PortalCalls.Servers}/{uid}/versions/1/restore")).Status);
    }

    [Theory]
    [InlineData("bearer", "null")]
    [InlineData("bearer", "\"two words\"")]
    [InlineData("bearer", "\"{\\\"headers\\\":{}}\"")]
    [InlineData("bearer", "{\"headers\":{\"Host\":\"x\"}}")]
    [InlineData("bearer", "{\"headers\":{\"Cf-Access-Jwt-Assertion\":\"x\"}}")]
    [InlineData("bearer", "{\"headers\":{\"X-A\":\"a\\r\\nX-B: b\"}}")]
    [InlineData("bearer", "{\"headers\":{\"X A\":\"a\"}}")]
    [InlineData("bearer", "{\"headers\":{\"X-A\":\"a\",\"x-a\":\"b\"}}")]
    [InlineData("oauth", "\"token\"")]
    [InlineData("oauth", "{\"auth_mode\":\"manual\"}")]
    [InlineData("oauth", "{\"auth_mode\":\"manual\",\"client_id\":\"c\",\"token_endpoint\":\"javascript:alert(1)\"}")]
    [InlineData("oauth", "{\"auth_mode\":\"manual\",\"client_id\":\"c\",\"client_secret\":\"s\"}")]
    [InlineData("oauth", "{\"auth_mode\":\"manual\",\"client_id\":\"c\",\"client_secret\":\"s\",\"authorization_endpoint\":\"https://as.test/authorize\"}")]
    [InlineData("unauthenticated", "\"token\"")]
    public async Task Credentials_ThatCannotBeUsed_AreRefused(string type, string credentials)
    {
        var body = $$"""{"id":"{{PortalCalls.NewId("cred")}}","name":"x","hostname":"https://x.test/mcp","auth_type":"{{type}}","auth_credentials":{{credentials}}}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", PortalCalls.Servers, body)).Status);
    }

    // The unknown server is found out after the body was read.
    [Theory]
    [InlineData("http://localhost:8703/mcp?a=b", HttpStatusCode.NotFound)]
    [InlineData("http://localhost:8703@evil.test/", HttpStatusCode.BadRequest)]
    [InlineData("http://x@localhost:8703/", HttpStatusCode.BadRequest)]
    [InlineData("http://localhost:87030/", HttpStatusCode.BadRequest)]
    [InlineData("https://localhost:8703/", HttpStatusCode.BadRequest)]
    [InlineData("https://evil.test/", HttpStatusCode.BadRequest)]
    [InlineData("javascript:alert(1)", HttpStatusCode.BadRequest)]
    [InlineData("/mcp", HttpStatusCode.BadRequest)]
    public async Task ReturnUrl_IsOneOfTheDashboard(string url, HttpStatusCode status)
        => Assert.Equal(status, (await host.Api.Call("POST", $"{PortalCalls.Servers}/nowhere/connect", $$"""{"return_url":"{{url}}"}""")).Status);

    [Fact]
    public async Task Client_OfTheOriginalsShape_IsReadFlatAndNested()
    {
        foreach (var credentials in (string[])[
            """{"auth_mode":"manual","client_id":"c","scope":"a b","issuer":"https://as.test","client_secret":"s"}""",
            """{"auth_mode":"manual","registration_info":{"client_id":"c","scope":"a b"},"config":{"issuer":"https://as.test"},"client_secret":"s"}"""])
        {
            var id = PortalCalls.NewId("client");
            var text = System.Text.Json.JsonSerializer.Serialize(credentials);
            var server = await host.Api.Must(HttpStatusCode.Created, "POST", PortalCalls.Servers, $$"""{"id":"{{id}}","name":"x","hostname":"https://x.test/mcp","auth_type":"oauth","auth_credentials":{{text}}}""");
            Assert.Equal("https://as.test", (string)server["auth_config_summary"]!["config"]!["issuer"]!);
            Assert.Equal("a b", (string)server["auth_config_summary"]!["registration_info"]!["scope"]!);
            Assert.Equal("manual", (string)server["authentication_status"]!);
            var automatic = await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{PortalCalls.Servers}/{id}", """{"oauth_client":null}""");
            Assert.Equal(("dcr", "required"), ((string)automatic["auth_config_summary"]!["auth_mode"]!, (string)automatic["authentication_status"]!));
        }
    }

    [Fact]
    public async Task Policies_OfANewServer_MakeItsApplicationAndEndWithIt()
    {
        var id = PortalCalls.NewId("seen");
        var server = await host.Api.AddServer(id, ""","policies":[{"name":"Own","decision":"allow","include":[{"everyone":{}}]}]""");
        var app = $"{ApiCalls.Access}/apps/{server["application_id"]}";
        var made = await host.Api.Must(HttpStatusCode.OK, "GET", app);
        Assert.Equal(("mcp", id), ((string)made["type"]!, (string)made["destinations"]![0]!["mcp_server_id"]!));
        Assert.Equal("Own", (string)made["policies"]![0]!["name"]!);
        var other = PortalCalls.NewId("other");
        var both = await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/apps",
            $$"""{"type":"mcp","name":"Both","destinations":[{"type":"via_mcp_server_portal","mcp_server_id":"{{id}}"},{"type":"via_mcp_server_portal","mcp_server_id":"{{other}}"}]}""");
        await host.Api.Must(HttpStatusCode.OK, "DELETE", $"{PortalCalls.Servers}/{id}");
        await host.Api.Must(HttpStatusCode.NotFound, "GET", app);
        var left = await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/apps/{both["id"]}");
        Assert.Equal(other, (string)Assert.Single(left["destinations"]!.AsArray())!["mcp_server_id"]!);

        // Whoever takes the id later starts with nobody.
        Assert.Null((await host.Api.AddServer(id))["application_id"]);
    }

    [Fact]
    public async Task ToolPolicies_NameReusablePoliciesThatThenStay()
    {
        var policy = await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/policies", """{"name":"Writers","decision":"allow","include":[{"everyone":{}}]}""");
        var id = PortalCalls.NewId("tools");
        var server = await host.Api.AddServer(id, $$""","tool_policies":[{"tools":["create_*"],"policies":["{{policy["id"]}}"]}]""");
        Assert.Equal("create_*", (string)server["tool_policies"]![0]!["tools"]![0]!);
        await host.Api.Must(HttpStatusCode.Conflict, "DELETE", $"{ApiCalls.Access}/policies/{policy["id"]}");
        var path = $"{PortalCalls.Servers}/{id}";
        foreach (var wrong in (string[])["""[{"tools":["a*b"],"policies":["P"]}]""", """[{"tools":[],"policies":["P"]}]""", """[{"tools":["a"],"policies":[]}]""", $$"""[{"tools":["a"],"policies":["{{Guid.NewGuid()}}"]}]"""])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("PATCH", path, $$"""{"tool_policies":{{wrong.Replace("\"P\"", $"\"{policy["id"]}\"", StringComparison.Ordinal)}}}""")).Status);
        }

        // A client of the original, which does not know them, keeps them.
        Assert.Single((await host.Api.Must(HttpStatusCode.OK, "PUT", path, """{"name":"x"}"""))["tool_policies"]!.AsArray());
        Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "PATCH", path, """{"tool_policies":[]}"""))["tool_policies"]!.AsArray());
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{ApiCalls.Access}/policies/{policy["id"]}");
    }
}
