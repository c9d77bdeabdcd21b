using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc.Rules;

/// <summary>Where the token names the hash of an access token, that is the one which came along.</summary>
public sealed class AccessTokenHashMatches : IRule<IdTokenContext>
{
    /// <inheritdoc />
    public string Id => "id_token_access_token_hash";

    /// <inheritdoc />
    public string Spec => "OpenID Connect Core §3.1.3.8";

    /// <inheritdoc />
    public Rejection? Check(IdTokenContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.Claims.TryGetProperty("at_hash", out _))
        {
            return null;
        }

        var bytes = Encoding.ASCII.GetBytes(context.AccessToken ?? "");
        var hash = context.Algorithm[^3..] switch
        {
            "256" => SHA256.HashData(bytes),
            "384" => SHA384.HashData(bytes),
            _ => SHA512.HashData(bytes),
        };
        return context.AccessToken is not null && context.Text("at_hash") == Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2))
            ? null
            : new Rejection("wrong_access_token_hash", "The access token is not the one that the ID token was issued with.");
    }
}
