using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Revocation.Rules;

/// <summary>
/// A live token of this application was issued to this very client: one of another client is refused and stays valid. A token that is unknown here,
/// or over, belongs to nobody and is no error (§2.2).
/// </summary>
public sealed class TokenBelongsToClient : Rule<RevocationContext>
{
    public override string Id => "revoke.token-belongs-to-client";

    public override string Spec => "RFC 7009 §2.1";

    public override OAuthError? Check(RevocationContext context)
        => context.Grant is { IsLive: true } grant
            && grant.Subject.ApplicationId == context.Application.Id
            && !string.Equals(grant.Subject.ClientId, context.Client.ClientId, StringComparison.Ordinal)
            ? OAuthError.InvalidGrant("The token was issued to another client.")
            : null;
}
