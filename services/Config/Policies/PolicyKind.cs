using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.Policies;

/// <summary>Reusable policies: <c>/access/policies</c>. Policies that belong to one application are shown with it.</summary>
public sealed class PolicyKind : ObjectKind<Policy, PolicyObject>
{
    public override string Name => "policy";

    public override string Path => "policies";

    public override object Created(Policy state) => new PolicyCreated(state);

    public override object Changed(Policy state) => new PolicyAltered(state);

    public override object Removed(Guid id) => new PolicyRemoved(id);

    public override Guid IdOf(Policy state) => state.Id;

    public override DateTimeOffset CreatedAt(Policy state) => state.CreatedAt;

    public override Policy Stamp(Policy state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt)
        => state with { Version = version, CreatedAt = createdAt, UpdatedAt = updatedAt };

    public override IEnumerable<Policy> All(ConfigurationSnapshot snapshot)
        => snapshot.Policies.Values.Where(policy => policy.Reusable).OrderBy(policy => policy.CreatedAt).ThenBy(policy => policy.Id);

    public override JsonNode Show(Policy state, ConfigurationSnapshot snapshot)
    {
        var node = ApiEnvelope.ToNode(state, ConfigurationJson.Default.Policy).AsObject();
        UnservedPolicyFields.Show(node);
        node["app_count"] = Users(state.Id, snapshot).Count();
        return node;
    }

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => Users(id, snapshot).FirstOrDefault() is { } user ? $"the policy is used by the application {user.Name}; take it off there first" : null;

    private static IEnumerable<Application> Users(Guid id, ConfigurationSnapshot snapshot)
        => snapshot.Applications.Values.Where(application => application.Policies.Any(reference => reference.Id == id));

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    public override JsonNode ShowAlone(object state) => ApiEnvelope.ToNode((Policy)state, ConfigurationJson.Default.Policy);

    public override Task<Policy> RestoreAsync(BodyReader body, Policy old, Policy last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        PolicyReader.Read(body, old.Id, old.Reusable, change.Snapshot);
        return Task.FromResult(old);
    }
}
