namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>A refresh token is presented.</summary>
public sealed class RefreshTokenIsPresent : Rule<TokenContext>
{
    public override string Id => "refresh.token-is-present";

    public override string Spec => "OAuth 2.1 §4.3.1";

    public override OAuthError? Check(TokenContext context)
        => context.Form["refresh_token"] is null ? OAuthError.InvalidRequest("refresh_token is missing.") : null;
}
