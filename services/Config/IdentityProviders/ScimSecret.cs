using System.Text.Json.Nodes;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>The secret by which an identity provider provisions users: made in one request, shown in its answer, kept as a hash.</summary>
public sealed class ScimSecret
{
    private readonly string _secret = ServiceTokenSecret.Create(SecretPrefixes.ScimSecret);
    private bool _isUsed;

    /// <summary>
    /// The provider with a secret, if it begins to provision users and has none yet. One that was applied from a file waits for its secret to be made:
    /// an unrelated change of it must not make one that nobody looks for in the answer.
    /// </summary>
    public IdentityProvider WhereNeeded(IdentityProvider provider, IdentityProvider? existing)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return provider.ScimConfig is { Enabled: true, SecretHash: null } && existing?.ScimConfig is not { Enabled: true } ? Renewed(provider) : provider;
    }

    /// <summary>The provider with this secret in the place of the one that it had, which is dead.</summary>
    public IdentityProvider Renewed(IdentityProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        if (provider.ScimConfig is not { } scim)
        {
            return provider;
        }

        _isUsed = true;
        return provider with { ScimConfig = scim with { SecretHash = ServiceTokenSecret.Hash(_secret) } };
    }

    /// <summary>Puts the secret into the one answer that has it.</summary>
    public void Show(JsonObject node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (_isUsed && node["scim_config"] is JsonObject scim)
        {
            scim["secret"] = _secret;
        }
    }
}
