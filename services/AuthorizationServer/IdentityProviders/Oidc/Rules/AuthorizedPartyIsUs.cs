using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc.Rules;

/// <summary>A token for several audiences names us as the party it was issued to, and no token names another party.</summary>
public sealed class AuthorizedPartyIsUs : IRule<IdTokenContext>
{
    /// <inheritdoc />
    public string Id => "id_token_authorized_party";

    /// <inheritdoc />
    public string Spec => "OpenID Connect Core §3.1.3.7";

    /// <inheritdoc />
    public Rejection? Check(IdTokenContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var audiences = context.Claims.TryGetProperty("aud", out var audience) && audience.ValueKind == JsonValueKind.Array ? audience.GetArrayLength() : 1;
        var hasParty = context.Claims.TryGetProperty("azp", out _);
        return (hasParty || audiences > 1) && context.Text("azp") != context.ClientId
            ? new Rejection("other_party", "The ID token was issued to another client.")
            : null;
    }
}
