using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.Organizations;

/// <summary>The one organization: <c>/access/organizations</c>.</summary>
public sealed class OrganizationKind : ObjectKind<Organization, OrganizationObject>
{
    public override string Name => "organization";

    public override string Path => "organizations";

    public override object Created(Organization state) => new OrganizationCreated(state);

    public override object Changed(Organization state) => new OrganizationChanged(state);

    public override object Removed(Guid id) => throw new InvalidOperationException("The organization is never removed.");

    public override Guid IdOf(Organization state) => state.Id;

    public override DateTimeOffset CreatedAt(Organization state) => state.CreatedAt;

    public override Organization Stamp(Organization state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt)
        => state with { Version = version, CreatedAt = createdAt, UpdatedAt = updatedAt };

    public override IEnumerable<Organization> All(ConfigurationSnapshot snapshot) => snapshot.Organization is { } organization ? [organization] : [];

    public override JsonNode Show(Organization state, ConfigurationSnapshot snapshot)
    {
        var node = ApiEnvelope.ToNode(state, ConfigurationJson.Default.Organization).AsObject();
        OrganizationParts.ShowMeaningless(node);
        return node;
    }

    public override RequiredPermission Permissions { get; } = new(ApiPermission.OrganizationsRead, ApiPermission.OrganizationsWrite);
}
