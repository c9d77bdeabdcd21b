namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>A code is presented.</summary>
public sealed class CodeIsPresent : Rule<TokenContext>
{
    public override string Id => "code.is-present";

    public override string Spec => "OAuth 2.1 §4.1.3";

    public override OAuthError? Check(TokenContext context)
        => context.Form["code"] is null ? OAuthError.InvalidRequest("code is missing.") : null;
}
