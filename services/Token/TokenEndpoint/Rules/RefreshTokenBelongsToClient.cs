namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>The token's grant exists and is this client's, at this application. Anything else touches no grant.</summary>
public sealed class RefreshTokenBelongsToClient : Rule<TokenContext>
{
    public override string Id => "refresh.token-belongs-to-client";

    public override string Spec => "OAuth 2.1 §4.3";

    public override OAuthError? Check(TokenContext context)
        => context.Grant is { } grant && grant.Subject.ApplicationId == context.Application.Id && grant.Subject.ClientId == context.Client.ClientId
            ? null
            : OAuthError.InvalidGrant(RefreshRefusal);

    /// <summary>One text for every refresh token that is no good, so that nobody learns which grants exist.</summary>
    internal const string RefreshRefusal = "The refresh token is unknown, used, expired or revoked.";
}
