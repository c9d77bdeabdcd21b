using ManagedOAuth.Token.Codes;

namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>The verifier is present, well-formed and the one behind the challenge. Each wrong one is counted; a few make the code useless.</summary>
public sealed class CodeVerifierMatches : Rule<TokenContext>
{
    public override string Id => "code.verifier-matches";

    public override string Spec => "RFC 7636 §4.1, §4.6";

    public override OAuthError? Check(TokenContext context)
    {
        if (CodeVerifier.Matches(context.Form["code_verifier"], context.Pending!.CodeChallenge))
        {
            return null;
        }

        context.Consequence = TokenConsequence.WrongVerifier;
        return OAuthError.InvalidGrant("code_verifier is missing or wrong.");
    }
}
