using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Secrets;
using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Codes;

/// <summary>Tells a replay of a redeemed code from noise (OAuth 2.1 §4.1.3, §7.5.2).</summary>
public static class CodeReplay
{
    /// <summary>
    /// Whether this is the grant's own code, with its own verifier, from its own client: a second use by whoever could have made the first.
    /// Anybody else who only saw the code must not be able to end the grant.
    /// </summary>
    public static bool IsReplay(Grant grant, GrantSecret code, TokenContext context)
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(context);
        return GrantSecret.HashEquals(grant.CodeHash, code.Hash)
            && grant.Subject.ApplicationId == context.Application.Id
            && string.Equals(grant.Subject.ClientId, context.Client.ClientId, StringComparison.Ordinal)
            && CodeVerifier.Matches(context.Form["code_verifier"], grant.CodeChallenge);
    }
}
