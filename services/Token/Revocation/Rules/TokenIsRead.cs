using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Secrets;
using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Revocation.Rules;

/// <summary>Finds out what the token is and whose. Never objects: a token that is none is revoked already, so to speak (§2.2).</summary>
public sealed class TokenIsRead : IRule<RevocationContext>
{
    public string Id => "revoke.token-is-read";

    public string Spec => "RFC 7009 §2.1";

    public async ValueTask<OAuthError?> CheckAsync(RevocationContext context, CancellationToken cancellation)
    {
        var token = context.Form["token"]!;
        if (GrantSecret.TryParse(SecretPrefixes.RefreshToken, token, out var refresh))
        {
            var grant = await context.Grants.FindAsync(refresh.GrantId, cancellation);
            if (grant is { Kind: GrantKind.Oauth } && (GrantSecret.HashEquals(grant.RefreshTokenHash, refresh.Hash) || GrantSecret.HashEquals(grant.PreviousTokenHash, refresh.Hash)))
            {
                context.RefreshSecret = refresh;
                Found(context, grant);
            }
        }
        else if (context.Tokens.Open(token) is { } access && await context.Grants.FindAsync(access.GrantId, cancellation) is { } grant)
        {
            context.AccessToken = access;
            Found(context, grant);
        }

        return null;
    }

    private static void Found(RevocationContext context, Grant grant)
    {
        context.Grant = grant;
        context.Owner = new CredentialOwner(grant.Subject.ClientId, grant.TokenEndpointAuthMethod);
    }
}
