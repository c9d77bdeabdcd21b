using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.KeysAtRest;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>Secrets of identity providers: sealed from the moment they are read, opened only for authorization-server.</summary>
public sealed partial class ProviderSecrets(ISecretBox box, ILogger<ProviderSecrets> logger)
{
    private const int MaximumLength = 8192;

    /// <summary>
    /// The member as it is to be kept: sealed when the body has it; else what <paramref name="existing"/> has, because no caller can read it and
    /// send it back. But where the place that it would be sent to changes, it has to be given again: who may edit a provider must not be able to
    /// have its secret sent elsewhere.
    /// </summary>
    /// <param name="config">The provider's settings in the body.</param>
    /// <param name="member">The secret's name.</param>
    /// <param name="id">The provider.</param>
    /// <param name="existing">The provider before the change, if it is of the same type.</param>
    /// <param name="sameReceiver">Whether it still goes where it went.</param>
    public KeyValuePair<string, string>? Read(BodyReader config, string member, Guid id, IdentityProvider? existing, bool sameReceiver)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.OptionalSecret(member, MaximumLength) is { Length: > 0 } secret)
        {
            return KeyValuePair.Create(member, Convert.ToBase64String(box.Seal(Purpose(id, member), Encoding.UTF8.GetBytes(secret))));
        }

        if (existing?.SealedSecrets is not { } kept || !kept.TryGetValue(member, out var sealedSecret))
        {
            return null;
        }

        if (!sameReceiver)
        {
            config.Refuse(member, $"{member} has to be given again, because the place that it is sent to changes");
            return null;
        }

        return KeyValuePair.Create(member, sealedSecret);
    }

    /// <summary>
    /// The provider with its secrets in <see cref="IdentityProvider.Config"/>: for authorization-server alone. A secret that does not open (damaged,
    /// or sealed under other keys) is left out, so that one broken provider costs its own logins and not the feed.
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
            try
            {
                opened[member] = Encoding.UTF8.GetString(box.Open(Purpose(provider.Id, member), Convert.FromBase64String(sealedSecret)));
            }
            catch (Exception damaged) when (damaged is CryptographicException or FormatException)
            {
                LogDamaged(logger, member, provider.Id, damaged.Message);
            }
        }

        return provider with { SealedSecrets = null, Config = JsonSerializer.SerializeToElement(opened) };
    }

    private static string Purpose(Guid id, string member) => $"identity-provider:{id}:{member}";

    [LoggerMessage(1, LogLevel.Error, "{Member} of the identity provider {ProviderId} does not open and has to be set again: {Message}", EventName = "ProviderSecretDamaged")]
    private static partial void LogDamaged(ILogger logger, string member, Guid providerId, string message);
}
