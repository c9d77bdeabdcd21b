using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Applications;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Config.Portals.Alerts;
using ManagedOAuth.Config.Portals.Catalogs;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Portals;
using Marten.Events;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>MCP servers: <c>/access/ai-controls/mcp/servers</c>. Versions are addressed by <c>uid</c>, everything else by <c>id</c>.</summary>
public sealed class McpServerKind(McpServerReader reader, ServerApplications applications, PolicyStreams policies, McpServerStatuses statuses) : ObjectKind<McpServer, McpServerObject>
{
    public override string Name => "mcp_server";

    public override string Path => "ai-controls/mcp/servers";

    public override object Created(McpServer state) => new McpServerCreated(state);

    public override object Changed(McpServer state) => new McpServerChanged(state);

    public override object Removed(Guid id) => new McpServerRemoved(id);

    public override IReadOnlyDictionary<Guid, McpServer> In(ConfigurationSnapshot snapshot) => snapshot.McpServers;

    protected override JsonTypeInfo<McpServer> Json => ConfigurationJson.Default.McpServer;

    /// <summary>With <c>policies</c> (our extension) the application of type <c>mcp</c> is made with a new server: who sees it in a portal.</summary>
    public override McpServer Read(BodyReader body, Guid id, McpServer? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(draft);
        var errors = body.Errors.Count;
        var list = existing is null && body.Has("policies") ? PolicyListReader.Read(body, null, draft) : null;
        var server = reader.Read(body, id, existing, draft);
        if (list is not null && body.Errors.Count == errors)
        {
            policies.Save(list.Inline, draft);
            applications.Create(server, list.References, draft);
        }

        return server;
    }

    public override void Accompany(McpServer? before, McpServer? after, ConfigurationDraft draft)
    {
        if (before is not null && after is null)
        {
            applications.Forget(before, draft);
            CatalogStreams.Remove(before, draft);
            draft.Also(session => session.Delete<McpServerStatus>(before.Id));
            draft.Also(session => session.DeleteWhere<McpUserLogin>("where d.data ->> 'serverUid' = ?", before.Id.ToString()));
            draft.Also(session => session.DeleteWhere<McpAlert>("where d.data ->> 'serverUid' = ?", before.Id.ToString()));
        }
    }

    public override bool IsFound(McpServer state, string text)
        => base.IsFound(state, text) || state.ServerId.Contains(text, StringComparison.OrdinalIgnoreCase);

    /// <summary>Without secrets; with what was read of it, and how that went.</summary>
    public override JsonNode Show(McpServer state, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var node = Shown(state, snapshot, out var catalog);
        node["tools"] = McpServerView.Definitions(catalog?.Tools ?? []);
        node["prompts"] = McpServerView.Definitions(catalog?.Prompts ?? []);
        return node;
    }

    /// <summary>With the names of what it offers.</summary>
    public override JsonNode ShowListed(McpServer state, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var node = Shown(state, snapshot, out var catalog);
        node["tools"] = McpServerView.Names(catalog?.Tools ?? []);
        node["prompts"] = McpServerView.Names(catalog?.Prompts ?? []);
        return node;
    }

    public override JsonNode ShowAlone(object state)
    {
        var server = (McpServer)state;
        var node = ApiEnvelope.ToNode(McpServerSecrets.Hide(server), Json).AsObject();
        node["uid"] = server.Id;
        node["id"] = server.ServerId;
        node.Remove("server_id");
        if (server.AuthType == McpAuthType.Oauth)
        {
            node["auth_config_summary"] = McpServerView.Summary(server);
        }

        return node;
    }

    public override JsonObject Export(McpServer state, ConfigurationSnapshot snapshot) => base.Export(McpServerSecrets.Hide(state), snapshot);

    /// <summary>Without what was read from the server: none of it is written back.</summary>
    public override JsonNode PatchBase(McpServer state, ConfigurationSnapshot snapshot) => ShowAlone(state);

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => snapshot.McpServers.TryGetValue(id, out var server)
            && snapshot.McpPortals.Values.FirstOrDefault(portal => portal.Servers.Any(used => used.ServerId == server.ServerId)) is { } user
            ? $"the server is in the portal {user.PortalId}; take it out there first"
            : null;

    public override JsonNode RemovalAnswer(McpServer state, ConfigurationSnapshot snapshot) => Show(state, snapshot);

    /// <summary>With a name of its own as id, and what was read of the server; without secrets.</summary>
    public override ObjectShape Shape { get; } = new()
    {
        RemovalAnswer = JsonShape.Kind("mcp_server"),
        Hidden = ["server_id", "sealed_secrets"],
        Answered = new Dictionary<string, string>
        {
            ["uid"] = ObjectShape.Uuid, ["id"] = ObjectShape.Text, ["modified_at"] = ObjectShape.Time, ["secure_web_gateway"] = ObjectShape.AlwaysFalse,
            ["application_id"] = ObjectShape.Uuid, ["catalog_uid"] = ObjectShape.Uuid, ["status"] = ObjectShape.Text, ["authentication_status"] = ObjectShape.Text,
            ["error"] = ObjectShape.Text, ["error_details"] = """{"type":"object"}""", ["last_synced"] = """{"type":["string","null"],"format":"date-time"}""",
            ["last_successful_sync"] = """{"type":["string","null"],"format":"date-time"}""", ["dropped"] = ObjectShape.Texts, ["endpoint"] = ObjectShape.Text,
            ["transport"] = ObjectShape.Text, ["auth_config_summary"] = """{"type":"object"}""",
            ["tools"] = """{"type":"array","items":{"type":"object"}}""", ["prompts"] = """{"type":"array","items":{"type":"object"}}""",
        },
        Taken = new Dictionary<string, string>
        {
            ["id"] = ObjectShape.Text, ["auth_credentials"] = """{"type":"string","description":"Given once, never answered."}""", ["client_secret"] = ObjectShape.Text,
            ["secure_web_gateway"] = ObjectShape.AlwaysFalse, ["policies"] = """{"type":"array","items":{"anyOf":[{"type":"string","format":"uuid"},{"type":"object"}]}}""",
        },
        Required = ["hostname", "auth_type"],
    };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    /// <summary>With the secrets that it has now; and a client registered by hand only with the secret that belongs to it.</summary>
    public override Task<McpServer> RestoreAsync(BodyReader body, McpServer old, McpServer last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(change);
        if (change.Snapshot.McpServers.Values.Any(other => other.Id != old.Id && other.ServerId == old.ServerId))
        {
            body.Refuse("id", $"there is another MCP server {old.ServerId} now");
        }

        // A secret of today must not go to an address or a client of another day.
        if (old.SealedSecrets is not null && Receiver(old) != Receiver(last))
        {
            body.Refuse("auth_credentials", "address or authentication of that version are others than today's, and a version does not bring its secrets back: change the server with its credentials instead");
        }

        foreach (var policy in old.ToolPolicies.SelectMany(entry => entry.Policies).Where(policy => !change.Snapshot.Policies.ContainsKey(policy)))
        {
            body.Refuse("tool_policies", $"the policy {policy} is gone; restore it first");
        }

        return Task.FromResult(old with { SealedSecrets = old.SealedSecrets is null ? null : last.SealedSecrets });
    }

    private static (string, McpAuthType, string?, string?, string?, string?) Receiver(McpServer server) => (
        server.Hostname, server.AuthType, server.OauthClient?.ClientId, server.OauthClient?.Issuer, server.OauthClient?.TokenEndpoint, server.OauthClient?.TokenEndpointAuthMethod);

    private JsonObject Shown(McpServer state, ConfigurationSnapshot snapshot, out McpCatalog? catalog)
    {
        var node = ShowAlone(state).AsObject();
        node["modified_at"] = state.UpdatedAt;
        node["secure_web_gateway"] = false;
        if (ServerApplications.Of(state.ServerId, snapshot).FirstOrDefault() is { } application)
        {
            node["application_id"] = application.Id;
        }

        node["catalog_uid"] = McpCatalog.IdOf(state.Id);
        var status = statuses.Of(state.Id);
        McpServerView.AddStatus(node, state, status);
        McpServerView.AddRegistration(node, state, status);
        snapshot.McpCatalogs.TryGetValue(McpCatalog.IdOf(state.Id), out catalog);
        if (McpEndpoint.Of(state, catalog) is { } endpoint)
        {
            node["endpoint"] = endpoint.Address.AbsoluteUri;
            node["transport"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(endpoint.Transport.ToString());
        }

        return node;
    }
}
