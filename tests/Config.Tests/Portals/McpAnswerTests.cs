using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Messages;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>What a client of the original finds in an MCP server and in a portal: every member, with a value of its kind.</summary>
[Collection(ConfigCollection.Name)]
public sealed class McpAnswerTests(ConfigHost host) : ReadServerTests(host)
{
    private static readonly (string Pointer, JsonValueKind Kind)[] s_server =
    [
        ("id", JsonValueKind.String), ("name", JsonValueKind.String), ("hostname", JsonValueKind.String), ("auth_type", JsonValueKind.String), ("status", JsonValueKind.String),
        ("authentication_status", JsonValueKind.String), ("tools", JsonValueKind.Array), ("prompts", JsonValueKind.Array), ("last_synced", JsonValueKind.String),
        ("last_successful_sync", JsonValueKind.String), ("is_shared_oauth_callback_enabled", JsonValueKind.False), ("secure_web_gateway", JsonValueKind.False),
        ("error_details.status_code", JsonValueKind.Number), ("error_details.is_upstream", JsonValueKind.True), ("error_details.retryable", JsonValueKind.True),
        ("error_details.cause", JsonValueKind.String), ("tools.0.name", JsonValueKind.String), ("tools.0.description", JsonValueKind.String), ("tools.0.inputSchema", JsonValueKind.Object),
    ];

    private static readonly (string Pointer, JsonValueKind Kind)[] s_oauth =
    [
        ("auth_config_summary.auth_mode", JsonValueKind.String), ("auth_config_summary.has_client_secret", JsonValueKind.False),
        ("auth_config_summary.registration_info.client_id", JsonValueKind.String), ("auth_config_summary.registration_info.scope", JsonValueKind.String),
        ("auth_config_summary.registration_info.token_endpoint_auth_method", JsonValueKind.String), ("auth_config_summary.config.issuer", JsonValueKind.String),
        ("auth_config_summary.config.token_endpoint", JsonValueKind.String),
    ];

    private static readonly (string Pointer, JsonValueKind Kind)[] s_portal =
    [
        ("id", JsonValueKind.String), ("name", JsonValueKind.String), ("hostname", JsonValueKind.String), ("description", JsonValueKind.String), ("code_mode", JsonValueKind.String),
        ("allow_code_mode", JsonValueKind.False), ("secure_web_gateway", JsonValueKind.False), ("servers.0.server_id", JsonValueKind.String), ("servers.0.on_behalf", JsonValueKind.True),
        ("servers.0.default_disabled", JsonValueKind.False), ("servers.0.updated_tools.0.name", JsonValueKind.String), ("servers.0.updated_tools.0.enabled", JsonValueKind.True),
        ("servers.0.updated_tools.0.alias", JsonValueKind.String), ("servers.0.updated_tools.0.description", JsonValueKind.String), ("servers.0.updated_prompts", JsonValueKind.Array),
    ];

    [Fact]
    public async Task ServerAndPortal_HaveWhatTheOriginalAnswers()
    {
        await using var upstream = await UpstreamServer.StartAsync();
        var id = await AddAsync(upstream.Origin + "/mcp");
        await BecomesAsync(id, "ready", withTools: true);
        upstream.Status = 502;
        await Host.Api.Must(HttpStatusCode.OK, "POST", $"{PortalCalls.Servers}/{id}/sync");
        AssertHas(await BecomesAsync(id, "stale"), s_server, ["auth_credentials", "client_secret", "headers"]);
        var portal = await Host.Api.AddPortal(
            PortalCalls.NewId("answer-"), $$"""{"server_id":"{{id}}","updated_tools":[{"name":"search","enabled":true,"alias":"find","description":"Finds"}]}""", ""","description":"x" """);
        AssertHas(portal, s_portal, []);
    }

    [Fact]
    public async Task ServerWhereTheProductRegisteredItself_ShowsAsWhat()
    {
        var id = await AddAsync("https://10.0.0.1/mcp", "oauth");
        var path = $"{PortalCalls.Servers}/{id}";
        var server = await Host.Api.Must(HttpStatusCode.OK, "GET", path);
        Assert.Null(server["auth_config_summary"]!["registration_info"]);
        await using (var scope = Host.Services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<IMessageBus>().InvokeAsync(new UpstreamLoginChanged(
                Guid.Parse((string)server["uid"]!), Guid.NewGuid(), "ann@example.com", IsStale: false, "", DateTimeOffset.UtcNow,
                Client: new UpstreamClientNamed("client-1", "client_secret_basic", "https://as.test", "https://as.test/token", "notes offline_access")));
        }

        server = await Host.Api.Must(HttpStatusCode.OK, "GET", path);
        AssertHas(server, s_oauth, ["client_secret"]);
        Assert.Equal(("dcr", "client-1"), ((string)server["auth_config_summary"]!["auth_mode"]!, (string)server["auth_config_summary"]!["registration_info"]!["client_id"]!));

        // One that an administrator entered is what counts.
        server = await Host.Api.Must(HttpStatusCode.OK, "PATCH", path, """{"oauth_client":{"client_id":"by-hand","token_endpoint_auth_method":"none","issuer":"https://as.test"}}""");
        Assert.Equal("by-hand", (string)server["auth_config_summary"]!["registration_info"]!["client_id"]!);
    }

    private static void AssertHas(JsonNode node, IEnumerable<(string Pointer, JsonValueKind Kind)> members, IEnumerable<string> never)
    {
        foreach (var (pointer, kind) in members)
        {
            var found = pointer.Split('.').Aggregate((JsonNode?)node, (at, step) => int.TryParse(step, out var index) ? at?.AsArray().ElementAtOrDefault(index) : at?[step]);
            Assert.True(found?.GetValueKind() == kind, $"{pointer} is {found?.ToJsonString() ?? "missing"} in {node.ToJsonString()}");
        }

        Assert.All(never, name => Assert.Null(node[name]));
    }
}
