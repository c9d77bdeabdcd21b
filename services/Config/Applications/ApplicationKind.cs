using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.Applications;

/// <summary>Applications: <c>/access/apps</c>.</summary>
public sealed class ApplicationKind(ApplicationReader reader, PolicyKind policyKind, PolicyStreams policies) : ObjectKind<Application, ApplicationObject>
{
    public override string Name => "application";

    public override string Path => "apps";

    public override object Created(Application state) => new ApplicationCreated(state);

    public override object Changed(Application state) => new ApplicationChanged(state);

    public override object Removed(Guid id) => new ApplicationRemoved(id);

    public override IReadOnlyDictionary<Guid, Application> In(ConfigurationSnapshot snapshot) => snapshot.Applications;

    protected override JsonTypeInfo<Application> Json => ConfigurationJson.Default.Application;

    /// <summary>With its own policies. A body without policies keeps them, as the original does: they have addresses of their own.</summary>
    public override Application Read(BodyReader body, Guid id, Application? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(draft);
        var errors = body.Errors.Count;
        var list = existing is null || body.Has("policies") ? PolicyListReader.Read(body, existing, draft) : new PolicyList(existing.Policies, []);
        var application = reader.Read(body, id, existing?.Aud ?? AudienceTag.Read(body, draft), existing, draft.Snapshot) with { Policies = list.References };
        AddressClaims.Check(body, application, draft.State);

        // In a file the portal, which says the same, comes after it.
        if (!draft.IsTransfer && draft.Snapshot.McpPortals.Values.FirstOrDefault(portal => portal.ApplicationId == id) is { } stands && stands.Hostname != application.Domain)
        {
            body.Refuse("domain", $"this application stands for the portal {stands.PortalId} and has its hostname ({stands.Hostname}); change it there");
        }

        if (body.Errors.Count == errors)
        {
            policies.Save(list.Inline, draft);
        }

        return application;
    }

    public override IEnumerable<(string Name, string Description)> Narrows =>
    [
        ("name", "Only applications with this text in their name."),
        ("domain", "Only applications with this text in one of their addresses."),
        ("exact", "true: name and domain are meant whole."),
        ("aud", "Only the application with this audience tag."),
        ("policy_id", "Only applications that have this policy."),
        ("managed_oauth", "true or false: only applications with Managed OAuth, or without."),
        ("ids", "Only these applications: ids with commas between them."),
        ("search", "Only applications with this text in their name or one of their addresses, or with this audience tag."),
    ];

    /// <summary>
    /// By <c>name</c> and <c>domain</c> (any of its addresses), in part or, with <c>exact=true</c>, whole; by <c>aud</c>, <c>policy_id</c>,
    /// <c>managed_oauth</c> and <c>ids</c>; and by <c>search</c> in all of its texts. A filter that cannot be read finds nothing.
    /// </summary>
    public override Func<Application, bool> Narrowing(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var (name, domain, aud, search) = (query["name"].ToString(), query["domain"].ToString(), query["aud"].ToString(), query["search"].ToString());
        var exact = bool.TryParse(query["exact"].ToString(), out var asked) && asked;
        var (policy, oauth, ids) = (query["policy_id"].ToString(), query["managed_oauth"].ToString(), query["ids"].ToString());
        var chosen = ids.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(id => Guid.TryParse(id, out var parsed) ? parsed : Guid.Empty).ToHashSet();
        return state => (policy.Length == 0 || (Guid.TryParse(policy, out var wanted) && state.Policies.Any(reference => reference.Id == wanted)))
            && (oauth.Length == 0 || (bool.TryParse(oauth, out var on) && state.ManagedOAuth == on))
            && (ids.Length == 0 || chosen.Contains(state.Id))
            && (name.Length == 0 || Is(state.Name, name))
            && (domain.Length == 0 || Addresses(state).Any(address => Is(address, domain)))
            && (aud.Length == 0 || state.Aud == aud)
            && (search.Length == 0 || IsFound(state, search));

        bool Is(string value, string text) => exact ? value.Equals(text, StringComparison.OrdinalIgnoreCase) : value.Contains(text, StringComparison.OrdinalIgnoreCase);
    }

    public override bool IsFound(Application state, string text)
    {
        ArgumentNullException.ThrowIfNull(state);
        return base.IsFound(state, text) || state.Aud == text || Addresses(state).Any(address => address.Contains(text, StringComparison.OrdinalIgnoreCase));
    }

    private static IEnumerable<string> Addresses(Application state) => state.Destinations.Select(destination => destination.Uri).Prepend(state.Domain).Where(address => address.Length > 0);

    /// <summary>Its addresses are claimed and freed, and its own policies go with it, or where it no longer has them.</summary>
    public override void Accompany(Application? before, Application? after, ConfigurationDraft draft)
    {
        AddressClaims.Move(before, after, draft);
        policies.Drop(before, after, draft);
    }

    /// <summary>With <c>uid</c>, the deprecated <c>self_hosted_domains</c>, and the policies written out, as the original shows them.</summary>
    public override JsonNode Show(Application state, ConfigurationSnapshot snapshot)
    {
        var node = base.Show(state, snapshot).AsObject();
        node["uid"] = state.Id;
        if (state.Type == ApplicationType.SelfHosted)
        {
            node["self_hosted_domains"] = new JsonArray([.. state.Destinations.Select(destination => destination.Uri).Prepend(state.Domain).Distinct(StringComparer.Ordinal).Select(uri => JsonValue.Create(uri))]);
        }
        else
        {
            ShowMcp(node, state);
        }

        MeaninglessFields.Show(node, state.Type);
        node["policies"] = new JsonArray([.. state.Policies.Select(reference => Show(reference, snapshot))]);
        return node;
    }

    /// <summary>With the versions of the application's own policies: a PUT replaces them too.</summary>
    public override string Revision(Application state, long version, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var own = snapshot.PoliciesOf(state).Where(policy => !policy.Reusable).ToList();
        return own.Count == 0 ? base.Revision(state, version, snapshot) : $"{base.Revision(state, version, snapshot)}.{own.Sum(policy => policy.Version)}";
    }

    public override JsonNode PatchBase(Application state, ConfigurationSnapshot snapshot)
    {
        var shown = Show(state, snapshot).AsObject();
        shown.Remove("self_hosted_domains");
        return shown;
    }

    /// <summary>With its own policies written out; reusable ones are named.</summary>
    public override JsonObject Export(Application state, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(snapshot);
        var node = base.Export(state, snapshot);
        if (state.Type != ApplicationType.SelfHosted)
        {
            ShowMcp(node, state);
        }

        node["policies"] = new JsonArray([.. state.Policies.Select(reference => Export(reference, snapshot))]);
        return node;
    }

    private JsonObject Export(PolicyReference reference, ConfigurationSnapshot snapshot)
    {
        var policy = snapshot.Policies.GetValueOrDefault(reference.Id);
        var node = policy is { Reusable: false } ? policyKind.Export(policy, snapshot) : new JsonObject { ["id"] = reference.Id, ["name"] = policy?.Name };
        node["precedence"] = reference.Precedence;
        return node;
    }

    private static void ShowMcp(JsonObject node, Application state)
    {
        if (state.CorsHeaders is null)
        {
            node.Remove("cors_headers");
        }

        foreach (var member in (string[])["path_cookie_attribute", "allow_iframe", "skip_interstitial", "service_auth_401_redirect", "read_service_tokens_from_header"])
        {
            node.Remove(member);
        }

        if (state.Type == ApplicationType.Mcp)
        {
            node.Remove("domain");
            node["destinations"] = new JsonArray([.. state.Destinations.Select(destination => new JsonObject { ["type"] = destination.Type, ["mcp_server_id"] = destination.McpServerId })]);
        }
    }

    private static JsonObject Show(PolicyReference reference, ConfigurationSnapshot snapshot)
    {
        var node = snapshot.Policies.TryGetValue(reference.Id, out var policy)
            ? ApiEnvelope.ToNode(policy, ConfigurationJson.Default.Policy).AsObject()
            : new JsonObject { ["id"] = reference.Id };
        node["precedence"] = reference.Precedence;
        return node;
    }

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => snapshot.McpPortals.Values.FirstOrDefault(portal => portal.ApplicationId == id) is { } portal
            ? $"the application stands for the portal {portal.PortalId} and is removed with it"
            : RuleUsers.OfLinks(id, snapshot) is { } user ? $"the application is used by {user}" : null;

    /// <summary>Policies are answered whole, and taken as uuids, as references or whole.</summary>
    public override ObjectShape Shape { get; } = new()
    {
        SetHere = ["aud"],
        NotAlways = ["domain"],
        Answered = new Dictionary<string, string>(MeaninglessFields.Described)
        {
            ["uid"] = ObjectShape.Uuid,
            ["self_hosted_domains"] = ObjectShape.Texts,
            ["destinations"] = JsonShape.ListOf(JsonShape.Of(("type", ObjectShape.Text), ("uri?", ObjectShape.Text), ("mcp_server_id?", ObjectShape.Text))),
            ["policies"] = JsonShape.ListOf(JsonShape.AnyOf(
                JsonShape.With(JsonShape.Kind("policy"), ("precedence", JsonShape.Integer)), JsonShape.Of(("id", ObjectShape.Uuid), ("precedence", JsonShape.Integer)))),
        },
        Taken = new Dictionary<string, string>(MeaninglessFields.Described)
        {
            ["self_hosted_domains"] = ObjectShape.Texts,
            ["policies"] = """{"type":"array","items":{"anyOf":[{"type":"string","format":"uuid"},{"type":"object"}]}}""",
        },
    };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    /// <summary>With the application's own policies as they were then. A reusable policy stays as it is today, and must be there.</summary>
    public override async Task<Application> RestoreAsync(
        BodyReader body, Application old, Application last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(change);
        reader.Read(body, old.Id, old.Aud, old, change.Snapshot);
        AddressClaims.Check(body, old, change.State);
        policies.Save(await policies.RestoreAsync(body, old, at, change, ct), change.Draft);
        return old;
    }
}
