using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Revocation.Rules;

/// <summary>A token is presented. A hint may come with it and is not needed: the token's prefix tells its kind.</summary>
public sealed class TokenIsPresent : Rule<RevocationContext>
{
    public override string Id => "revoke.token-is-present";

    public override string Spec => "RFC 7009 §2.1";

    public override OAuthError? Check(RevocationContext context)
        => context.Form["token"] is null ? OAuthError.InvalidRequest("token is missing.") : null;
}
