using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Token.Secrets;

namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>Looks up the grant that the token names. Never objects: who the client is comes first.</summary>
public sealed class RefreshTokenIsRead : IRule<TokenContext>
{
    public string Id => "refresh.token-is-read";

    public string Spec => "OAuth 2.1 §4.3.1";

    public async ValueTask<OAuthError?> CheckAsync(TokenContext context, CancellationToken cancellation)
    {
        if (GrantSecret.TryParse(SecretPrefixes.RefreshToken, context.Form["refresh_token"], out var token)
            && await context.Grants.FindAsync(token.GrantId, cancellation) is { Kind: GrantKind.Oauth } grant)
        {
            context.RefreshSecret = token;
            context.Grant = grant;
            context.Owner = new CredentialOwner(grant.Subject.ClientId, grant.TokenEndpointAuthMethod);
        }

        return null;
    }
}
