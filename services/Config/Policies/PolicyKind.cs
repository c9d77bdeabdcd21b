using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.Policies;

/// <summary>Reusable policies: <c>/access/policies</c>. Policies that belong to one application are shown with it.</summary>
public sealed class PolicyKind : ObjectKind<Policy, PolicyObject>
{
    private readonly LastResult<ImmutableDictionary<Guid, Application>, Dictionary<Guid, int>> _users =
        new(applications => applications.Values.SelectMany(application => application.Policies).CountBy(reference => reference.Id).ToDictionary());

    public override string Name => "policy";

    public override string Path => "policies";

    public override object Created(Policy state) => new PolicyCreated(state);

    public override object Changed(Policy state) => new PolicyAltered(state);

    public override object Removed(Guid id) => new PolicyRemoved(id);

    public override IReadOnlyDictionary<Guid, Policy> In(ConfigurationSnapshot snapshot) => snapshot.Policies;

    protected override JsonTypeInfo<Policy> Json => ConfigurationJson.Default.Policy;

    /// <summary>Those of one application are shown with it.</summary>
    public override bool IsListed(Policy state) => state is { Reusable: true };

    /// <summary>A policy stays reusable or an application's own; one that a file has among the reusable ones is one of them from then on.</summary>
    public override Policy Read(BodyReader body, Guid id, Policy? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return PolicyReader.Read(body, id, draft.IsTransfer || existing is not { Reusable: false }, draft.Snapshot);
    }

    public override JsonNode Show(Policy state, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var node = base.Show(state, snapshot).AsObject();
        UnservedPolicyFields.Show(node);
        node["app_count"] = _users.Of(snapshot.Applications).GetValueOrDefault(state.Id);
        return node;
    }

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => Users(id, snapshot).FirstOrDefault() is { } user ? $"the policy is used by the application {user.Name}; take it off there first"
            : snapshot.McpServers.Values.FirstOrDefault(server => server.ToolPolicies.Any(entry => entry.Policies.Contains(id))) is { } mcp
                ? $"the policy is among tool_policies of the MCP server {mcp.ServerId}; take it off there first" : null;

    private static IEnumerable<Application> Users(Guid id, ConfigurationSnapshot snapshot)
        => snapshot.Applications.Values.Where(application => application.Policies.Any(reference => reference.Id == id));

    public override ObjectShape Shape { get; } = new()
    {
        SetHere = ["reusable"],
        Answered = new Dictionary<string, string>(UnservedPolicyFields.Described) { ["app_count"] = """{"type":"integer"}""" },
        Taken = UnservedPolicyFields.Described,
        Required = ["name", "decision"],
    };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    /// <summary>
    /// A policy stays reusable or an application's own, whatever it was at that time; and an application's own comes back with a version of the
    /// application that had it, never alone: nobody would see it.
    /// </summary>
    public override async Task<Policy> RestoreAsync(BodyReader body, Policy old, Policy last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(last);
        ArgumentNullException.ThrowIfNull(change);
        if (!last.Reusable && !Users(last.Id, change.Snapshot).Any())
        {
            body.Refuse("id", "this policy was an application's own: restore the version of the application that had it");
        }

        return await base.RestoreAsync(body, old, last, removed, at, change, ct) with { Reusable = last.Reusable };
    }

    public override JsonNode ShowAlone(object state) => ApiEnvelope.ToNode((Policy)state, Json);

    public override JsonObject Export(Policy state, ConfigurationSnapshot snapshot)
    {
        var node = base.Export(state, snapshot);
        node.Remove("reusable");
        return node;
    }
}
