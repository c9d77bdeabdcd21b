using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc.Rules;

/// <summary>The token says when it was issued, and that is not in the future; clocks may differ by a minute.</summary>
public sealed class IssuedInThePast : IRule<IdTokenContext>
{
    /// <inheritdoc />
    public string Id => "id_token_issued_in_the_past";

    /// <inheritdoc />
    public string Spec => "OpenID Connect Core §2";

    /// <inheritdoc />
    public Rejection? Check(IdTokenContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Claims.TryGetProperty("iat", out var issued) && issued.ValueKind == JsonValueKind.Number && issued.TryGetDouble(out var seconds)
            && seconds <= context.Now.ToUnixTimeSeconds() + 60
                ? null
                : new Rejection("wrong_time", "The ID token was not issued yet.");
    }
}
