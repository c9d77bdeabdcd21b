using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.Applications;

/// <summary>Applications: <c>/access/apps</c>.</summary>
public sealed class ApplicationKind(ApplicationReader reader, PolicyStreams policies) : ObjectKind<Application, ApplicationObject>
{
    public override string Name => "application";

    public override string Path => "apps";

    public override object Created(Application state) => new ApplicationCreated(state);

    public override object Changed(Application state) => new ApplicationChanged(state);

    public override object Removed(Guid id) => new ApplicationRemoved(id);

    public override Guid IdOf(Application state) => state.Id;

    public override DateTimeOffset CreatedAt(Application state) => state.CreatedAt;

    public override Application Stamp(Application state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt)
        => state with { Version = version, CreatedAt = createdAt, UpdatedAt = updatedAt };

    public override IEnumerable<Application> All(ConfigurationSnapshot snapshot)
        => snapshot.Applications.Values.OrderBy(application => application.CreatedAt).ThenBy(application => application.Id);

    /// <summary>With <c>uid</c>, the deprecated <c>self_hosted_domains</c>, and the policies written out, as the original shows them.</summary>
    public override JsonNode Show(Application state, ConfigurationSnapshot snapshot)
    {
        var node = ApiEnvelope.ToNode(state, ConfigurationJson.Default.Application).AsObject();
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

    private static void ShowMcp(JsonObject node, Application state)
    {
        foreach (var member in (string[])["cors_headers", "path_cookie_attribute", "allow_iframe", "skip_interstitial", "service_auth_401_redirect", "read_service_tokens_from_header"])
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

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    /// <summary>With the application's own policies as they were then. A reusable policy stays as it is today, and must be there.</summary>
    public override async Task<Application> RestoreAsync(
        BodyReader body, Application old, Application last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(change);
        reader.Read(body, old.Id, old.Aud, old, change.Snapshot);
        var own = await policies.RestoreAsync(body, old, at, change, ct);
        AddressClaims.Move(change.Session, removed ? null : last, body.Errors.Count == 0 ? old : removed ? null : last);
        policies.Save(change.Session, own, change.State);
        return old;
    }
}
