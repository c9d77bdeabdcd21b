using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Portals;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>Every documented field of a portal and of an MCP server.</summary>
[Collection(ConfigCollection.Name)]
public sealed class McpFieldsTests(ConfigHost host)
{
    private static readonly DocumentedField[] s_server =
    [
        new("/id", "\"github\""),
        new("/name", "\"GitHub\""),
        new("/description", "\"Issues\""),
        new("/hostname", "\"https://x.test/mcp\""),
        new("/auth_type", "\"unauthenticated\""),
        new("/is_shared_oauth_callback_enabled", "true"),
        new("/secure_web_gateway", "false", Shown: ""),
        new("/updated_tools", """[{"name":"search","enabled":true,"alias":"find","description":"Finds"}]"""),
        new("/updated_prompts", """[{"name":"ask","enabled":false}]"""),
        new("/tool_pinning", "\"notify\""),
        new("/tool_policies", "[]"),
        new("/send_assertion", "true"),
        new("/request_timeout", "\"30s\""),
        new("/calls_per_minute", "5"),
    ];

    private static readonly DocumentedField[] s_portal =
    [
        new("/id", "\"my-portal\""),
        new("/name", "\"Engineering\""),
        new("/hostname", "\"mcp.example.com\""),
        new("/description", "\"All\""),
        new("/code_mode", "\"default_on\""),
        new("/allow_code_mode", "true", Shown: ""),
        new("/secure_web_gateway", "false"),
        new("/servers", "[]"),
    ];

    /// <summary>Fields of an entry of a portal's <c>servers</c>, and of its tools and prompts.</summary>
    private static readonly DocumentedField[] s_entry =
    [
        new("/server_id", "\"github\""),
        new("/on_behalf", "false"),
        new("/default_disabled", "true"),
        new("/updated_tools", """[{"name":"search","enabled":true,"alias":"find","description":"Finds"}]"""),
        new("/updated_prompts", """[{"name":"ask","enabled":false,"alias":"question","description":"Asks"}]"""),
    ];

    private static readonly DocumentedField[] s_update = [new("/name", "\"search\""), new("/enabled", "true"), new("/alias", "\"find\""), new("/description", "\"Finds\"")];

    public static TheoryData<string, string> WrongInServer => FieldContract.WrongTypes(s_server);

    public static TheoryData<string, string> WrongInPortal => FieldContract.WrongTypes(s_portal);

    public static TheoryData<string, string> WrongInEntry => FieldContract.WrongTypes(s_entry);

    public static TheoryData<string, string> WrongInUpdate => FieldContract.WrongTypes(s_update);

    [Fact]
    public void EveryFieldOfAServer_IsKept()
    {
        var (server, errors) = Server(FieldContract.Whole(s_server));
        Assert.Empty(errors);
        var shown = host.Services.GetRequiredService<McpServerKind>().ShowAlone(server);
        FieldContract.AssertKept(shown, s_server);
        FieldContract.AssertComplete(shown, s_server, "uid", "headers", "oauth_client", "version", "created_at", "updated_at");
    }

    [Fact]
    public void EveryFieldOfAPortal_IsKept()
    {
        var (portal, errors) = Portal(FieldContract.With(FieldContract.Whole(s_portal), "/servers", $"[{FieldContract.Whole(s_entry).ToJsonString()}]"));
        Assert.Empty(errors);
        var shown = host.Services.GetRequiredService<McpPortalKind>().ShowAlone(portal);
        FieldContract.AssertKept(shown, s_portal.Where(field => field.Name != "servers"));
        FieldContract.AssertKept(shown["servers"]![0]!, s_entry);
        FieldContract.AssertComplete(shown["servers"]![0]!, s_entry);
        FieldContract.AssertComplete(shown, s_portal, "uid", "application_id", "version", "created_at", "updated_at");
    }

    [Theory]
    [MemberData(nameof(WrongInServer))]
    public void FieldOfAServer_OfAnotherType_IsRefusedByName(string pointer, string json)
        => FieldContract.AssertRefused(Server(FieldContract.With(FieldContract.Whole(s_server), pointer, json)).Errors, pointer);

    [Theory]
    [MemberData(nameof(WrongInPortal))]
    public void FieldOfAPortal_OfAnotherType_IsRefusedByName(string pointer, string json)
        => FieldContract.AssertRefused(Portal(FieldContract.With(FieldContract.Whole(s_portal), pointer, json)).Errors, pointer);

    [Theory]
    [MemberData(nameof(WrongInEntry))]
    public void FieldOfAPortalsServer_OfAnotherType_IsRefusedByName(string pointer, string json)
    {
        var entry = FieldContract.With(FieldContract.Whole(s_entry), pointer, json);
        FieldContract.AssertRefused(Portal(FieldContract.With(FieldContract.Whole(s_portal), "/servers", $"[{entry.ToJsonString()}]")).Errors, "/servers/0" + pointer);
    }

    [Theory]
    [MemberData(nameof(WrongInUpdate))]
    public void FieldOfATool_OfAnotherType_IsRefusedByName(string pointer, string json)
    {
        var update = FieldContract.With(FieldContract.Whole(s_update), pointer, json);
        foreach (var list in (string[])["updated_tools", "updated_prompts"])
        {
            FieldContract.AssertRefused(Server(FieldContract.With(FieldContract.Whole(s_server), $"/{list}", $"[{update.ToJsonString()}]")).Errors, $"/{list}/0{pointer}");
        }
    }

    private (McpServer Server, List<ApiError> Errors) Server(JsonObject body)
    {
        var (reader, errors) = FieldContract.Read(body);
        return (host.Services.GetRequiredService<McpServerReader>().Read(reader, Guid.NewGuid(), null, new ConfigurationDraft(ConfigurationState.Empty)), errors);
    }

    private (McpPortal Portal, List<ApiError> Errors) Portal(JsonObject body)
    {
        var known = new McpServer { Id = Guid.NewGuid(), ServerId = "github", Name = "GitHub", Hostname = "https://x.test/mcp", AuthType = McpAuthType.Unauthenticated };
        var (reader, errors) = FieldContract.Read(body);
        var state = ConfigurationState.Empty.After(new Contracts.Configuration.Events.McpServerCreated(known), known.Id, 1, 1);
        return (host.Services.GetRequiredService<McpPortalReader>().Read(reader, Guid.NewGuid(), null, new ConfigurationDraft(state)), errors);
    }
}
