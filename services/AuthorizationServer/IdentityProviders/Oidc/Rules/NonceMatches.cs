using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc.Rules;

/// <summary>The token was made for this login of this browser; at a refresh there is no nonce to compare with.</summary>
public sealed class NonceMatches : IRule<IdTokenContext>
{
    /// <inheritdoc />
    public string Id => "id_token_nonce_matches";

    /// <inheritdoc />
    public string Spec => "OpenID Connect Core §3.1.3.7";

    /// <inheritdoc />
    public Rejection? Check(IdTokenContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Nonce is null || (context.Text("nonce") is { } nonce && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(nonce), Encoding.UTF8.GetBytes(context.Nonce)))
            ? null
            : new Rejection("wrong_nonce", "The ID token was made for another login.");
    }
}
