using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>The parts of a server that the admin API shows and nobody writes, by the original's names.</summary>
internal static class McpServerView
{
    /// <summary><c>auth_config_summary</c>: how the portal is a client of the server, without the secret.</summary>
    public static JsonObject Summary(McpServer server)
    {
        var summary = new JsonObject
        {
            ["auth_mode"] = server.OauthClient is null ? "dcr" : "manual",
            ["has_client_secret"] = server.SealedSecrets?.ContainsKey(McpServerSecrets.ClientSecret) == true,
        };
        if (server.OauthClient is { } client)
        {
            summary["registration_info"] = new JsonObject
            {
                ["client_id"] = client.ClientId,
                ["scope"] = string.Join(' ', client.Scopes),
                ["token_endpoint_auth_method"] = client.TokenEndpointAuthMethod,
            };
            summary["config"] = new JsonObject
            {
                ["issuer"] = client.Issuer,
                ["authorization_endpoint"] = client.AuthorizationEndpoint,
                ["token_endpoint"] = client.TokenEndpoint,
            };
        }

        return summary;
    }

    /// <summary>The same for one that registered itself: what it is at the server's authorization server since somebody logged in there.</summary>
    public static void AddRegistration(JsonObject node, McpServer server, McpServerStatus status)
    {
        if (server is { AuthType: McpAuthType.Oauth, OauthClient: null } && status.Client is { } client && node["auth_config_summary"] is JsonObject summary)
        {
            summary["registration_info"] = new JsonObject { ["client_id"] = client.ClientId, ["scope"] = client.Scope, ["token_endpoint_auth_method"] = client.TokenEndpointAuthMethod };
            summary["config"] = new JsonObject { ["issuer"] = client.Issuer, ["token_endpoint"] = client.TokenEndpoint };
        }
    }

    /// <summary><c>status</c>, <c>authentication_status</c>, <c>error</c>, <c>error_details</c> and the times.</summary>
    public static void AddStatus(JsonObject node, McpServer server, McpServerStatus status)
    {
        node["status"] = Text(status.State);
        node["authentication_status"] = Authentication(server, status);
        if (status.Error is { } error)
        {
            node["error"] = error.Cause;
            node["error_details"] = Details(error);
        }

        node["last_synced"] = status.LastSynced;
        node["last_successful_sync"] = status.LastSuccessfulSync;
        node["dropped"] = new JsonArray([.. status.Dropped.Select(text => JsonValue.Create(text))]);
    }

    /// <summary>What <c>POST .../sync</c> answers.</summary>
    public static JsonObject SyncAnswer(McpServerStatus status)
    {
        var node = new JsonObject { ["status"] = Text(status.State) };
        if (status.Error is { } error)
        {
            node["error"] = error.Cause;
            node["error_details"] = Details(error);
        }

        return node;
    }

    /// <summary>The definitions as the server sent them, with what is ours: whether they are approved.</summary>
    public static JsonArray Definitions(IReadOnlyList<McpDefinition> definitions) => new([.. definitions.Select(definition =>
    {
        var node = JsonObject.Create(definition.Definition) ?? [];
        node["name"] = definition.Name;
        node["approved"] = definition.Approved;
        node["hash"] = definition.Hash;
        return node;
    })]);

    /// <summary>Which definitions there are. Whole they stand at the server itself: those of forty would be megabytes.</summary>
    public static JsonArray Names(IReadOnlyList<McpDefinition> definitions)
        => new([.. definitions.Select(definition => new JsonObject { ["name"] = definition.Name, ["approved"] = definition.Approved })]);

    private static JsonObject Details(McpSyncError error)
    {
        var details = new JsonObject { ["cause"] = error.Cause, ["is_upstream"] = error.IsUpstream, ["retryable"] = error.Retryable };
        if (error.StatusCode is { } status)
        {
            details["status_code"] = status;
        }

        if (error.McpCode is { } code)
        {
            details["mcp_code"] = code;
        }

        return details;
    }

    // A client that was registered by hand is "manual" in the original as long as nobody is logged in for everybody.
    private static string Authentication(McpServer server, McpServerStatus status) => (server.AuthType, status.Connection) switch
    {
        (McpAuthType.Bearer, McpConnectionState.Stale) => "stale",
        (McpAuthType.Bearer or McpAuthType.Unauthenticated, _) => "not_required",
        (_, McpConnectionState.Connected) => "connected",
        (_, McpConnectionState.Stale) => "stale",
        _ => server.OauthClient is null ? "required" : "manual",
    };

    private static string Text(McpSyncState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());
}
