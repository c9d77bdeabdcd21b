using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>Makes an identity of what a provider said. Pure.</summary>
public static class OidcClaims
{
    private const string EmailVerified = "email_verified";

    /// <summary>Whether the ID token says everything that is wanted, so that the UserInfo endpoint need not be asked.</summary>
    public static bool AreComplete(OidcSettings settings, JsonElement idToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Claims.Append(settings.EmailClaimName).Concat(settings.GroupsClaimName is { } groups ? [groups] : Array.Empty<string>())
            .All(name => idToken.TryGetProperty(name, out _));
    }

    /// <summary>The answer.</summary>
    /// <param name="settings">Which claims mean what.</param>
    /// <param name="subject">Who it is.</param>
    /// <param name="sources">ID token first, then UserInfo: the first that has a claim decides it.</param>
    public static ProviderAnswer Map(OidcSettings settings, string subject, params IReadOnlyList<JsonElement> sources)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (Find(sources, settings.EmailClaimName) is not { ValueKind: JsonValueKind.String } address)
        {
            return ProviderAnswer.Refused("no_email", $"It did not send the claim {settings.EmailClaimName} with your e-mail address.");
        }

        if (!EmailAddress.TryNormalize(address.GetString(), out var email))
        {
            return ProviderAnswer.Refused("bad_email", "It did not send an e-mail address that can be used here.");
        }

        // Some providers send the text instead of the truth value.
        if (Find(sources, EmailVerified) is { } verified && (verified.ValueKind == JsonValueKind.False || (verified.ValueKind == JsonValueKind.String && verified.GetString() != "true")))
        {
            return ProviderAnswer.Refused("email_not_verified", "It has not verified your e-mail address. Verify it there, then sign in again.");
        }

        var claims = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var name in settings.Claims)
        {
            Add(name, name);
        }

        Add(IdentityClaims.AuthenticationMethods, IdentityClaims.AuthenticationMethods);
        if (settings.GroupsClaimName is { } groups)
        {
            claims.Remove(IdentityClaims.Groups);
            Add(IdentityClaims.Groups, groups);
        }

        return ClaimValues.AreTooLarge(claims)
            ? ProviderAnswer.Refused("claims_too_large", "It sent more claims or groups than can be used here. Its administrator can limit them to the ones that matter.")
            : ProviderAnswer.Of(subject, email, claims);

        void Add(string name, string claim)
        {
            if (Find(sources, claim) is { } value && ClaimValues.Of(value) is { Count: > 0 } values)
            {
                claims[name] = values;
            }
        }
    }

    private static JsonElement? Find(IReadOnlyList<JsonElement> sources, string claim)
    {
        foreach (var source in sources)
        {
            if (source.TryGetProperty(claim, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                return value;
            }
        }

        return null;
    }
}
