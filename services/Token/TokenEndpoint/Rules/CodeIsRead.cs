using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Token.Secrets;

namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>
/// Looks up what the code is bound to, or the grant that it has become, without consuming it. Never objects: an unknown client is to
/// be told that, not that its code is unknown.
/// </summary>
public sealed class CodeIsRead : IRule<TokenContext>
{
    public string Id => "code.is-read";

    public string Spec => "OAuth 2.1 §4.1.3";

    public async ValueTask<OAuthError?> CheckAsync(TokenContext context, CancellationToken cancellation)
    {
        if (!GrantSecret.TryParse(SecretPrefixes.AuthorizationCode, context.Form["code"], out var code))
        {
            return null;
        }

        context.Code = code;
        if (await context.Codes.FindAsync(code, context.Now, cancellation) is { } pending)
        {
            context.Pending = pending;
            context.Owner = new CredentialOwner(pending.ClientId, pending.TokenEndpointAuthMethod);
        }
        else if (await context.Grants.FindAsync(code.GrantId, cancellation) is { } grant && GrantSecret.HashEquals(grant.CodeHash, code.Hash))
        {
            context.Grant = grant;
            context.Owner = new CredentialOwner(grant.Subject.ClientId, grant.TokenEndpointAuthMethod);
        }

        return null;
    }
}
