using ManagedOAuth.Token.TokenEndpoint.Rules;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>What the token endpoint checks, in this order.</summary>
public static class TokenRules
{
    /// <summary>For every token request: what came, for whom, from whom.</summary>
    public static readonly IReadOnlyList<IRule<TokenContext>> Common =
    [
        new BodyIsForm(),
        new FormIsWellFormed(),
        new ParametersAppearOnce(),
        new GrantTypeIsSupported(),
        new ClientIsNamed(),
        new ConfigurationIsFresh(),
        new ApplicationIsManaged(),
        new ResourceIsOfThisApplication(),
    ];

    /// <summary><c>grant_type=authorization_code</c>. None of it consumes the code.</summary>
    public static readonly IReadOnlyList<IRule<TokenContext>> AuthorizationCode =
    [
        new CodeIsPresent(),
        new CodeIsRead(),
        new ClientIsAuthenticated(),
        new CodeIsUnused(),
        new CodeBelongsToClient(),
        new RedirectUriMatches(),
        new CodeVerifierMatches(),
        new ScopeIsWithinGrant(),
        new PoliciesStillAdmit(),
    ];

    /// <summary><c>grant_type=refresh_token</c>. What depends on the token's place in the chain is decided after it, with the version that it was read at.</summary>
    public static readonly IReadOnlyList<IRule<TokenContext>> Refresh =
    [
        new RefreshTokenIsPresent(),
        new RefreshTokenIsRead(),
        new ClientIsAuthenticated(),
        new RefreshTokenBelongsToClient(),
        new ScopeIsWithinGrant(),
    ];
}
