using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>Ways to log in: <c>/access/identity_providers</c>.</summary>
public sealed class IdentityProviderKind(IdentityProviderReader reader) : ObjectKind<IdentityProvider, IdentityProviderObject>
{
    public override string Name => "identity_provider";

    public override string Path => "identity_providers";

    public override object Created(IdentityProvider state) => new IdentityProviderCreated(state);

    public override object Changed(IdentityProvider state) => new IdentityProviderChanged(state);

    public override object Removed(Guid id) => new IdentityProviderRemoved(id);

    public override IReadOnlyDictionary<Guid, IdentityProvider> In(ConfigurationSnapshot snapshot) => snapshot.IdentityProviders;

    protected override JsonTypeInfo<IdentityProvider> Json => ConfigurationJson.Default.IdentityProvider;

    public override IdentityProvider Read(BodyReader body, Guid id, IdentityProvider? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return reader.Read(body, id, existing, draft.Snapshot);
    }

    /// <summary>Without secrets: a secret can be written and replaced, never read.</summary>
    public override JsonNode Show(IdentityProvider state, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var node = base.Show(WithoutSecrets(state), snapshot).AsObject();
        if (node["scim_config"] is JsonObject scim && snapshot.Organization is { } organization)
        {
            scim["scim_base_url"] = $"{organization.AuthDomain}/cdn-cgi/access/scim/v2/{state.Id}";
        }

        return node;
    }

    public override JsonObject Export(IdentityProvider state, ConfigurationSnapshot snapshot) => base.Export(WithoutSecrets(state), snapshot);

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
    {
        if (snapshot.Applications.Values.FirstOrDefault(application => application.AllowedIdps.Contains(id)) is { } application)
        {
            return $"the identity provider is among allowed_idps of the application {application.Name}";
        }

        return RuleUsers.First(snapshot, rule => rule.ProviderId == id) is { } user ? $"the identity provider is used by {user}" : null;
    }

    public override string? LeftToDo(JsonElement body, ConfigurationRecord? existing)
        => existing is IdentityProvider { ScimConfig.SecretHash: not null } || new BodyReader(body, []).Nested("scim_config")?.Flag("enabled", false) != true
            ? null
            : "it provisions no users yet: make its secret with refresh_scim_secret";

    public override ObjectShape Shape { get; } = new()
    {
        Hidden = ["sealed_secrets"],
        Answered = new Dictionary<string, string>
        {
            ["config"] = """{"type":"object","description":"By the type; without its secrets."}""",
            ["scim_config"] = """{"type":["object","null"],"properties":{"enabled":{"type":"boolean"},"user_deprovision":{"type":"boolean"},"seat_deprovision":{"type":"boolean"},"group_member_deprovision":{"type":"boolean"},"identity_update_behavior":{"type":"string"},"scim_base_url":{"type":"string"},"secret":{"type":"string"}}}""",
        },
        Taken = new Dictionary<string, string>
        {
            ["config"] = """{"type":"object","description":"By the type; with its secrets where they are new."}""",
            ["scim_config"] = """{"type":["object","null"],"properties":{"enabled":{"type":"boolean"},"user_deprovision":{"type":"boolean"},"seat_deprovision":{"type":"boolean"},"group_member_deprovision":{"type":"boolean"},"identity_update_behavior":{"type":"string"}}}""",
        },
        Required = ["name", "type"],
    };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.OrganizationsRead, ApiPermission.OrganizationsWrite);

    /// <summary>With the secrets that it has now.</summary>
    public override Task<IdentityProvider> RestoreAsync(
        BodyReader body, IdentityProvider old, IdentityProvider last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(change);
        if (change.Snapshot.IdentityProviders.Values.Any(other => other.Id != old.Id && other.Type == old.Type && old.Type == "onetimepin"))
        {
            body.Refuse("type", "there is a one-time PIN identity provider already");
        }

        return Task.FromResult(old with
        {
            SealedSecrets = last.SealedSecrets,
            ScimConfig = old.ScimConfig is { } scim ? scim with { SecretHash = last.ScimConfig?.SecretHash } : null,
        });
    }

    private static IdentityProvider WithoutSecrets(IdentityProvider state)
        => state with { SealedSecrets = null, ScimConfig = state.ScimConfig is { } kept ? kept with { SecretHash = null } : null };
}
