using ManagedOAuth.Token.Codes;

namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>
/// The code is pending. One that has become a grant and comes again from the same client with the right verifier is a replay: the
/// request is refused and the grant ends. With a wrong verifier or from another client it proves nothing about the honest one.
/// </summary>
public sealed class CodeIsUnused : Rule<TokenContext>
{
    public override string Id => "code.is-unused";

    public override string Spec => "OAuth 2.1 §4.1.3, §7.5.2";

    public override OAuthError? Check(TokenContext context)
    {
        if (context.Pending is not null)
        {
            return null;
        }

        if (context is { Grant: { } grant, Code: { } code } && CodeReplay.IsReplay(grant, code, context))
        {
            context.Consequence = TokenConsequence.CodeReplayed;
        }

        return OAuthError.InvalidGrant("The code is unknown, used or expired.");
    }
}
