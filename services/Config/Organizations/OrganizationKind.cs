using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.Organizations;

/// <summary>The one organization: <c>/access/organizations</c>.</summary>
public sealed class OrganizationKind(IHttpContextAccessor http) : ObjectKind<Organization, OrganizationObject>
{
    public override string Name => "organization";

    public override string Path => "organizations";

    public override object Created(Organization state) => new OrganizationCreated(state);

    public override object Changed(Organization state) => new OrganizationChanged(state);

    public override object Removed(Guid id) => throw new InvalidOperationException("The organization is never removed.");

    public override IReadOnlyDictionary<Guid, Organization> In(ConfigurationSnapshot snapshot)
        => snapshot?.Organization is { } organization ? new Dictionary<Guid, Organization> { [organization.Id] = organization } : [];

    protected override JsonTypeInfo<Organization> Json => ConfigurationJson.Default.Organization;

    public override Organization Read(BodyReader body, Guid id, Organization? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var organization = OrganizationReader.Read(body, existing, draft.Snapshot);

        // Without a request it is a batch of a job, which is only applied while whoever began it may do everything.
        if (http.HttpContext is { } context)
        {
            DashboardPermissionReader.RefuseUnlessAllPowerful(body, existing, organization, ApiCaller.Of(context));
        }

        return organization;
    }

    public override bool IsRemovable => false;

    public override Guid? OnlyId => OrganizationReader.Id;

    public override JsonNode Show(Organization state, ConfigurationSnapshot snapshot)
    {
        var node = base.Show(state, snapshot).AsObject();
        OrganizationParts.ShowMeaningless(node);
        return node;
    }

    public override Task<Organization> RestoreAsync(BodyReader body, Organization old, Organization last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(last);
        ArgumentNullException.ThrowIfNull(change);
        OrganizationReader.Read(body, last, change.Snapshot);

        // A permission that was taken away does not come back by a history.
        return Task.FromResult(old with { DashboardPermissions = last.DashboardPermissions });
    }

    public override ObjectShape Shape { get; } = new()
    {
        Answered = new Dictionary<string, string>
        {
            ["allow_authenticate_via_warp"] = ObjectShape.AlwaysFalse, ["mfa_required_for_all_apps"] = ObjectShape.AlwaysFalse, ["deny_unmatched_requests"] = """{"const":true}""",
        },
        Taken = new Dictionary<string, string>
        {
            ["allow_authenticate_via_warp"] = ObjectShape.Flag, ["mfa_required_for_all_apps"] = ObjectShape.AlwaysFalse, ["deny_unmatched_requests"] = """{"const":true}""",
            ["user_seat_expiration_inactive_time"] = ObjectShape.Text, ["warp_auth_session_duration"] = ObjectShape.Text, ["warp_auth_non_browser_401"] = ObjectShape.Flag,
        },
        Required = [],
    };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.OrganizationsRead, ApiPermission.OrganizationsWrite);
}
