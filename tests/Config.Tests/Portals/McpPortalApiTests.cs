using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Portals;

[Collection(ConfigCollection.Name)]
public sealed class McpPortalApiTests(ConfigHost host)
{
    [Fact]
    public async Task Portal_IsMadeChangedAndRemovedWithItsApplication()
    {
        var (id, server) = (PortalCalls.NewId("portal-"), PortalCalls.NewId("srv"));
        await host.Api.AddServer(server);
        var portal = await host.Api.AddPortal(id, $$"""{"server_id":"{{server}}","on_behalf":false,"updated_tools":[{"name":"search","alias":"find"}]}""",
            ""","policies":[{"name":"Mine","decision":"allow","include":[{"everyone":{}}]}]""");
        Assert.Equal((id, "off", false), ((string)portal["id"]!, (string)portal["code_mode"]!, (bool)portal["allow_code_mode"]!));
        var shown = portal["servers"]![0]!;
        Assert.Equal((server, server, false, "unauthenticated"), ((string)shown["id"]!, (string)shown["server_id"]!, (bool)shown["on_behalf"]!, (string)shown["auth_type"]!));

        var app = $"{ApiCalls.Access}/apps/{portal["application_id"]}";
        var made = await host.Api.Must(HttpStatusCode.OK, "GET", app);
        Assert.Equal(("mcp_portal", $"{id}.portal.test", "Mine"), ((string)made["type"]!, (string)made["domain"]!, (string)made["policies"]![0]!["name"]!));
        var registration = made["oauth_configuration"]!["dynamic_client_registration"]!;
        Assert.Equal((true, true, true), ((bool)made["oauth_configuration"]!["enabled"]!, (bool)registration["allow_any_on_localhost"]!, (bool)registration["allow_any_on_loopback"]!));

        // The address is the portal's, the rest of the application is its own.
        await host.Api.Must(HttpStatusCode.BadRequest, "PATCH", app, """{"domain":"elsewhere.portal.test"}""");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", app, """{"session_duration":"1h"}""");
        await host.Api.Must(HttpStatusCode.Conflict, "DELETE", app);

        var path = $"{PortalCalls.Portals}/{id}";
        var moved = await host.Api.Must(HttpStatusCode.OK, "PUT", path, $$"""{"hostname":"{{id}}-new.portal.test","name":"New name","code_mode":"opt_in"}""");
        Assert.Equal(("opt_in", true, 1), ((string)moved["code_mode"]!, (bool)moved["allow_code_mode"]!, moved["servers"]!.AsArray().Count));
        made = await host.Api.Must(HttpStatusCode.OK, "GET", app);
        Assert.Equal(($"{id}-new.portal.test", "New name", "1h"), ((string)made["domain"]!, (string)made["name"]!, (string)made["session_duration"]!));
        await host.Api.Must(HttpStatusCode.Conflict, "DELETE", $"{PortalCalls.Servers}/{server}");

        Assert.Equal(id, (string)(await host.Api.Must(HttpStatusCode.OK, "DELETE", path))["id"]!);
        await host.Api.Must(HttpStatusCode.NotFound, "GET", app);
        var back = await host.Api.Must(HttpStatusCode.OK, "POST", $"{PortalCalls.Portals}/{portal["uid"]}/versions/1/restore");
        Assert.Equal($"{id}.portal.test", (string)back["hostname"]!);
        made = await host.Api.Must(HttpStatusCode.OK, "GET", app);
        Assert.Equal(($"{id}.portal.test", "Mine"), ((string)made["domain"]!, (string)made["policies"]![0]!["name"]!));
    }

    [Fact]
    public async Task Portal_TakesOverAnApplicationThatWasMadeForIt()
    {
        var id = PortalCalls.NewId("portal-");
        var app = await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/apps", $$"""{"type":"mcp_portal","name":"First","domain":"{{id}}.portal.test"}""");
        Assert.Equal((string)app["id"]!, (string)(await host.Api.AddPortal(id))["application_id"]!);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", PortalCalls.Portals, $$"""{"id":"{{id}}-b","name":"x","hostname":"{{id}}.portal.test"}""")).Status);
    }

    [Fact]
    public async Task Portal_WhoseApplicationAnotherHasTakenOver_DoesNotComeBack()
    {
        var id = PortalCalls.NewId("portal-");
        var portal = await host.Api.AddPortal(id);
        await host.Api.Must(HttpStatusCode.OK, "DELETE", $"{PortalCalls.Portals}/{id}");
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{ApiCalls.Access}/apps/{portal["application_id"]}/versions/1/restore");
        var other = await host.Api.Must(HttpStatusCode.Created, "POST", PortalCalls.Portals, $$"""{"id":"{{id}}-other","name":"Other","hostname":"{{id}}.portal.test"}""");
        Assert.Equal((string)portal["application_id"]!, (string)other["application_id"]!);
        var refused = await host.Api.Call("POST", $"{PortalCalls.Portals}/{portal["uid"]}/versions/1/restore");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains($"{id}-other", refused.Body.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id", """{"id":"shared","name":"x","hostname":"h.test"}""")]
    [InlineData("id", """{"id":"Has_Upper","name":"x","hostname":"h.test"}""")]
    [InlineData("hostname", """{"id":"ID","name":"x","hostname":"https://h.test"}""")]
    [InlineData("hostname", """{"id":"ID","name":"x","hostname":"h.test/mcp"}""")]
    [InlineData("hostname", """{"id":"ID","name":"x"}""")]
    [InlineData("name", """{"id":"ID","hostname":"h.test"}""")]
    [InlineData("code_mode", """{"id":"ID","name":"x","hostname":"h.test","code_mode":"sometimes"}""")]
    [InlineData("allow_code_mode", """{"id":"ID","name":"x","hostname":"h.test","code_mode":"off","allow_code_mode":true}""")]
    [InlineData("secure_web_gateway", """{"id":"ID","name":"x","hostname":"h.test","secure_web_gateway":true}""")]
    [InlineData("servers/0/server_id", """{"id":"ID","name":"x","hostname":"h.test","servers":[{"server_id":"nowhere"}]}""")]
    public async Task Portal_ThatCannotBe_IsRefusedWithAPointer(string pointer, string body)
    {
        var answer = await host.Api.Call("POST", PortalCalls.Portals, body.Replace("ID", PortalCalls.NewId("portal-"), StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(answer.Body["errors"]!.AsArray(), error => (string?)error!["source"]?["pointer"] == "/" + pointer);
    }

    [Fact]
    public async Task Portal_HasAtMostFortyServersEachOnce()
    {
        var server = PortalCalls.NewId("srv");
        await host.Api.AddServer(server);
        var path = $"{PortalCalls.Portals}/{(string)(await host.Api.AddPortal(PortalCalls.NewId("portal-")))["id"]!}";
        var one = $$"""{"server_id":"{{server}}"}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("PATCH", path, $$"""{"servers":[{{one}},{{one}}]}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("PATCH", path, $$"""{"servers":[{{string.Join(',', Enumerable.Repeat(one, 41))}}]}""")).Status);
        await host.Api.Must(HttpStatusCode.OK, "PATCH", path, $$"""{"servers":[{{one}}]}""");
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task Servers_GivenWithoutTheirSwitches_OpenNothing(string method)
    {
        var (server, other) = (PortalCalls.NewId("srv"), PortalCalls.NewId("srv"));
        await host.Api.AddServer(server);
        await host.Api.AddServer(other);
        var portal = await host.Api.AddPortal(PortalCalls.NewId("portal-"),
            $$"""{"server_id":"{{server}}","on_behalf":false,"default_disabled":true,"updated_tools":[{"name":"search","enabled":true},{"name":"drop","enabled":false}],"updated_prompts":[{"name":"ask","enabled":false}]}""");
        var before = Switches(portal);
        foreach (var entry in (string[])["", ",\"default_disabled\":null,\"on_behalf\":null,\"updated_tools\":null,\"updated_prompts\":null"])
        {
            var changed = await host.Api.Must(HttpStatusCode.OK, method, $"{PortalCalls.Portals}/{portal["id"]}", $$"""{"servers":[{"server_id":"{{other}}"},{"server_id":"{{server}}"{{entry}}}]}""");
            Assert.Equal(before, Switches(changed));
        }

        // What is said counts, and a server that was taken out comes back as a new one.
        var said = await host.Api.Must(HttpStatusCode.OK, method, $"{PortalCalls.Portals}/{portal["id"]}", $$"""{"servers":[{"server_id":"{{server}}","default_disabled":false,"updated_tools":[]}]}""");
        Assert.Equal((false, 0, 1), ((bool)said["servers"]![0]!["default_disabled"]!, said["servers"]![0]!["updated_tools"]!.AsArray().Count, said["servers"]![0]!["updated_prompts"]!.AsArray().Count));

        string Switches(JsonNode shown)
        {
            var entry = shown["servers"]!.AsArray().Single(entry => (string)entry!["server_id"]! == server)!;
            return $"{entry["on_behalf"]} {entry["default_disabled"]} {entry["updated_tools"]!.ToJsonString()} {entry["updated_prompts"]!.ToJsonString()}";
        }
    }

    [Fact]
    public async Task Aliases_OfServerAndPortalTogether_LeadToOneTool()
    {
        var (server, portal) = (PortalCalls.NewId("srv"), PortalCalls.NewId("portal-"));
        await host.Api.AddServer(server, ""","updated_tools":[{"name":"a","alias":"x"}]""");
        await host.Api.AddPortal(portal, $$"""{"server_id":"{{server}}"}""");
        var path = $"{PortalCalls.Portals}/{portal}";
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("PATCH", path, $$"""{"servers":[{"server_id":"{{server}}","updated_tools":[{"name":"b","alias":"x"}]}]}""")).Status);

        // The portal's own alias comes first, so that this is none.
        await host.Api.Must(HttpStatusCode.OK, "PATCH", path, $$"""{"servers":[{"server_id":"{{server}}","updated_tools":[{"name":"a","alias":"y"},{"name":"b","alias":"x"}]}]}""");
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("PATCH", $"{PortalCalls.Servers}/{server}", """{"updated_tools":[{"name":"c","alias":"y"}]}""")).Status);
    }

    [Fact]
    public async Task Portal_BehindAPortal_IsRefused()
    {
        var portal = await host.Api.AddPortal(PortalCalls.NewId("portal-"));
        var answer = await host.Api.Call("POST", PortalCalls.Servers, $$"""{"id":"{{PortalCalls.NewId("loop")}}","name":"x","hostname":"https://{{portal["hostname"]}}/mcp","auth_type":"unauthenticated"}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
    }

    [Fact]
    public async Task DryRun_OfARemoval_ChangesNothing()
    {
        var portal = await host.Api.AddPortal(PortalCalls.NewId("portal-"));
        var path = $"{PortalCalls.Portals}/{portal["id"]}";
        Assert.Equal(HttpStatusCode.OK, (await host.Api.Call("DELETE", path + "?dry_run=true")).Status);
        await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/apps/{portal["application_id"]}");
        await host.Api.Must(HttpStatusCode.OK, "GET", path);
    }

    [Fact]
    public async Task Removal_TellsTokenThatTheApplicationIsGone()
    {
        var portal = await host.Api.AddPortal(PortalCalls.NewId("portal-"));
        await host.Api.Must(HttpStatusCode.OK, "DELETE", $"{PortalCalls.Portals}/{portal["id"]}");
        await host.QueuedAsync("token", "application_deleted", (string)portal["application_id"]!);
    }
}
