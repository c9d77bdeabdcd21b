using ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc.Rules;
using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>What an ID token must satisfy besides what <see cref="IdTokenReader"/> has validated by library, in this order.</summary>
public static class IdTokenRules
{
    /// <summary>The first rule that refuses decides.</summary>
    public static readonly IReadOnlyList<IRule<IdTokenContext>> All =
    [
        new SubjectGiven(),
        new SubjectUnchanged(),
        new NonceMatches(),
        new AuthorizedPartyIsUs(),
        new IssuedInThePast(),
        new AccessTokenHashMatches(),
    ];
}
