using ManagedOAuth.Token.Revocation.Rules;
using ManagedOAuth.Token.TokenEndpoint;
using ManagedOAuth.Token.TokenEndpoint.Rules;

namespace ManagedOAuth.Token.Revocation;

/// <summary>What the revocation endpoint checks, in this order. A stale configuration is no reason to refuse: revoking only takes away.</summary>
public static class RevocationRules
{
    public static readonly IReadOnlyList<IRule<RevocationContext>> All =
    [
        new BodyIsForm(),
        new FormIsWellFormed(),
        new ParametersAppearOnce(),
        new TokenIsPresent(),
        new ClientIsNamed(),
        new ApplicationIsManaged(),
        new TokenIsRead(),
        new ClientIsAuthenticated(),
        new TokenBelongsToClient(),
    ];
}
