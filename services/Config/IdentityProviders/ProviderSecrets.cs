using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Secrets;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>Secrets of identity providers: sealed from the moment they are read, opened only for authorization-server.</summary>
public sealed class ProviderSecrets(SealedMembers members)
{
    private const int MaximumLength = 8192;

    /// <inheritdoc cref="SealedMembers.Keep"/>
    /// <param name="config">The provider's settings in the body.</param>
    /// <param name="member">The secret's name.</param>
    /// <param name="id">The provider.</param>
    /// <param name="existing">The provider before the change, if it is of the same type.</param>
    /// <param name="sameReceiver">Whether it still goes where it went.</param>
    public KeyValuePair<string, string>? Read(BodyReader config, string member, Guid id, IdentityProvider? existing, bool sameReceiver)
    {
        ArgumentNullException.ThrowIfNull(config);
        var kept = members.Keep(
            config, member, config.OptionalSecret(member, MaximumLength), Purpose(id, member), existing?.SealedSecrets?.GetValueOrDefault(member), sameReceiver);
        return kept is null ? null : KeyValuePair.Create(member, kept);
    }

    /// <summary>
    /// The provider with its secrets in <see cref="IdentityProvider.Config"/>: for authorization-server alone. A secret that does not open is left
    /// out, so that one broken provider costs its own logins and not the feed.
    /// </summary>
    public IdentityProvider Open(IdentityProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        if (provider.SealedSecrets is not { Count: > 0 } secrets || provider.Config is not { ValueKind: JsonValueKind.Object } config)
        {
            return provider with { SealedSecrets = null };
        }

        var opened = JsonObject.Create(config)!;
        foreach (var (member, sealedSecret) in secrets)
        {
            if (members.Open(Purpose(provider.Id, member), sealedSecret) is { } secret)
            {
                opened[member] = secret;
            }
        }

        return provider with { SealedSecrets = null, Config = JsonSerializer.SerializeToElement(opened) };
    }

    private static string Purpose(Guid id, string member) => $"identity-provider:{id}:{member}";
}
