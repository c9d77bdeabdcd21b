using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Applications;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.Portals;

/// <summary>MCP server portals: <c>/access/ai-controls/mcp/portals</c>. Versions are addressed by <c>uid</c>, everything else by <c>id</c>.</summary>
public sealed class McpPortalKind(McpPortalReader reader, LinkedApplications applications, PolicyStreams policies, McpServerStatuses statuses) : ObjectKind<McpPortal, McpPortalObject>
{
    public override string Name => "mcp_portal";

    public override string Path => "ai-controls/mcp/portals";

    public override object Created(McpPortal state) => new McpPortalCreated(state);

    public override object Changed(McpPortal state) => new McpPortalChanged(state);

    public override object Removed(Guid id) => new McpPortalRemoved(id);

    public override IReadOnlyDictionary<Guid, McpPortal> In(ConfigurationSnapshot snapshot) => snapshot.McpPortals;

    protected override JsonTypeInfo<McpPortal> Json => ConfigurationJson.Default.McpPortal;

    /// <summary>
    /// A new portal comes with its application, whose <c>policies</c> and <c>oauth_configuration</c> may be given here (our extensions). One of its
    /// address that is there already, and stands for no portal yet, becomes the portal's.
    /// </summary>
    public override McpPortal Read(BodyReader body, Guid id, McpPortal? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(draft);
        var errors = body.Errors.Count;
        var portal = reader.Read(body, id, existing, draft);
        if (existing is not null)
        {
            return portal;
        }

        if (draft.Snapshot.Applications.ContainsKey(portal.ApplicationId))
        {
            if (body.Has("policies") || body.Has("oauth_configuration"))
            {
                body.Refuse("policies", $"there is an application of type mcp_portal for {portal.Hostname} already, and the portal takes it over: policies and oauth_configuration are changed there");
            }

            return portal;
        }

        var list = PolicyListReader.Read(body, null, draft);
        var application = PortalApplication.New(portal, AudienceTag.Read(body, draft), list.References, OAuthConfigurationReader.Read(body));
        if (body.Errors.Count == errors)
        {
            policies.Save(list.Inline, draft);
            applications.Create(application, draft);
        }

        return portal;
    }

    /// <summary>The application has the portal's hostname, its name where it never got one of its own, and goes with it.</summary>
    public override void Accompany(McpPortal? before, McpPortal? after, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        if (before is null || !draft.Snapshot.Applications.TryGetValue(before.ApplicationId, out var application))
        {
            return;
        }

        if (after is null)
        {
            applications.Remove(application, draft);
        }
        else if (PortalApplication.Following(application, before, after) is { } followed)
        {
            applications.Change(application, followed, draft);
        }
    }

    public override bool IsFound(McpPortal state, string text)
        => base.IsFound(state, text)
            || state.PortalId.Contains(text, StringComparison.OrdinalIgnoreCase)
            || state.Hostname.Contains(text, StringComparison.OrdinalIgnoreCase);

    /// <summary>With what there is to know of each of its servers.</summary>
    public override JsonNode Show(McpPortal state, ConfigurationSnapshot snapshot)
    {
        var node = ShowAlone(state).AsObject();
        node["modified_at"] = state.UpdatedAt;
        node["allow_code_mode"] = state.CodeMode != "off";
        foreach (var shown in node["servers"]!.AsArray().OfType<JsonObject>())
        {
            var id = (string)shown["server_id"]!;
            shown["id"] = id;
            if (snapshot.McpServers.Values.FirstOrDefault(server => server.ServerId == id) is { } server)
            {
                AddServer(shown, server, snapshot);
            }
        }

        return node;
    }

    public override JsonNode ShowAlone(object state)
    {
        var portal = (McpPortal)state;
        var node = ApiEnvelope.ToNode(portal, Json).AsObject();
        node["uid"] = portal.Id;
        node["id"] = portal.PortalId;
        node.Remove("portal_id");
        return node;
    }

    /// <summary>The application stands in the file itself, and is found by the portal's address.</summary>
    public override JsonObject Export(McpPortal state, ConfigurationSnapshot snapshot)
    {
        var node = base.Export(state, snapshot);
        node.Remove("application_id");
        return node;
    }

    public override JsonNode PatchBase(McpPortal state, ConfigurationSnapshot snapshot) => ShowAlone(state);

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => snapshot.McpPortals.TryGetValue(id, out var portal) && RuleUsers.OfLinks(portal.ApplicationId, snapshot) is { } user ? $"the portal's application is used by {user}" : null;

    public override JsonNode RemovalAnswer(McpPortal state, ConfigurationSnapshot snapshot) => Show(state, snapshot);

    /// <summary>With a name of its own as id, and its servers as they are now.</summary>
    public override ObjectShape Shape { get; } = new()
    {
        RemovalAnswer = JsonShape.Kind("mcp_portal"),
        Hidden = ["portal_id"],
        SetHere = ["application_id"],
        Answered = new Dictionary<string, string>
        {
            ["uid"] = ObjectShape.Uuid, ["id"] = ObjectShape.Text, ["modified_at"] = ObjectShape.Time, ["allow_code_mode"] = ObjectShape.Flag,
            ["servers"] = """{"type":"array","items":{"type":"object"}}""",
        },
        Taken = new Dictionary<string, string>
        {
            ["id"] = ObjectShape.Text, ["allow_code_mode"] = ObjectShape.Flag, ["policies"] = """{"type":"array","items":{"anyOf":[{"type":"string","format":"uuid"},{"type":"object"}]}}""",
        },
        Required = ["name", "hostname"],
    };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    /// <summary>With its application: one that was removed with the portal comes back as it was.</summary>
    public override async Task<McpPortal> RestoreAsync(BodyReader body, McpPortal old, McpPortal last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(last);
        ArgumentNullException.ThrowIfNull(change);
        reader.Read(body, old.Id, last, change.Draft);
        if (change.Snapshot.McpPortals.Values.Any(other => other.Id != old.Id && other.PortalId == old.PortalId))
        {
            body.Refuse("id", $"there is another portal {old.PortalId} now");
        }

        if (change.Snapshot.McpPortals.Values.FirstOrDefault(other => other.Id != old.Id && other.ApplicationId == last.ApplicationId) is { } adopter)
        {
            body.Refuse("hostname", $"its application is that of the portal {adopter.PortalId} now; remove that one first");
        }

        await applications.BringBackAsync(body, change, last.ApplicationId, gone => gone with { Name = old.Name, Domain = old.Hostname }, ct);
        return old with { ApplicationId = last.ApplicationId };
    }

    private void AddServer(JsonObject shown, McpServer server, ConfigurationSnapshot snapshot)
    {
        shown["name"] = server.Name;
        shown["hostname"] = server.Hostname;
        shown["auth_type"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(server.AuthType.ToString());
        McpServerView.AddStatus(shown, server, statuses.Of(server.Id));
        snapshot.McpCatalogs.TryGetValue(McpCatalog.IdOf(server.Id), out var catalog);
        shown["tools"] = McpServerView.Names(catalog?.Tools ?? []);
        shown["prompts"] = McpServerView.Names(catalog?.Prompts ?? []);
    }
}
