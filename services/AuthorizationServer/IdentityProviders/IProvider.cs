using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders;

/// <summary>
/// How this product speaks with one type of identity provider. Every method throws <see cref="OutboundUnavailableException"/> when the provider
/// does not answer, or answers with a fault of its own.
/// </summary>
public interface IProvider
{
    /// <summary>The type as it stands in the configuration.</summary>
    string Type { get; }

    /// <summary>Where the browser has to go to log in.</summary>
    Task<string> AuthorizationUrlAsync(ProviderLogin login, CancellationToken cancellation);

    /// <summary>Whether an answer that names this issuer (RFC 9207; null = it names none) can be this provider's.</summary>
    Task<bool> IsIssuerAsync(IdentityProvider provider, string? issuer, CancellationToken cancellation);

    /// <summary>Exchanges the code of an answer for what the provider says about the user.</summary>
    Task<ProviderAnswer> RedeemAsync(ProviderLogin login, string code, CancellationToken cancellation);

    /// <summary>Asks again, without the user, what the provider says about them now.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="subject">Whom it is about: anybody else is a refusal.</param>
    /// <param name="credential">What <see cref="ProviderAnswer.Credential"/> was.</param>
    /// <param name="keep">Stores a credential that takes the place of this one; called before the new one is used for anything.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>A refusal only if the provider definitely no longer vouches for the user; whatever is unclear is an outage.</returns>
    Task<ProviderAnswer> AskAgainAsync(IdentityProvider provider, string subject, string credential, Func<string, Task> keep, CancellationToken cancellation);

    /// <summary>Where a user can end their session at the provider; null when it has no such page.</summary>
    Task<string?> EndSessionUrlAsync(IdentityProvider provider, CancellationToken cancellation);
}

/// <summary>A login that is on its way through a provider. Nonce and verifier are made from the browser's cookie and stored nowhere.</summary>
/// <param name="Provider">The provider, with its secrets.</param>
/// <param name="RedirectUri">The one callback of the team domain.</param>
/// <param name="State">Random, single use.</param>
/// <param name="Nonce">What the ID token has to carry.</param>
/// <param name="CodeVerifier">RFC 7636 §4.1.</param>
/// <param name="ForceLogin">The user has to log in there again, or choose who they are.</param>
public sealed record ProviderLogin(IdentityProvider Provider, string RedirectUri, string State, string Nonce, string CodeVerifier, bool ForceLogin);
