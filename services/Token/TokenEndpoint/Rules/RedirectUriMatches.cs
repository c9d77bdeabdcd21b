namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>A redirect URI, if one is sent, is the very one that the code was delivered to. Clients of OAuth 2.1 send none.</summary>
public sealed class RedirectUriMatches : Rule<TokenContext>
{
    public override string Id => "code.redirect-uri-matches";

    public override string Spec => "OAuth 2.1 §10.2, RFC 6749 §4.1.3";

    public override OAuthError? Check(TokenContext context)
        => context.Form["redirect_uri"] is { } uri && !string.Equals(uri, context.Pending!.RedirectUri, StringComparison.Ordinal)
            ? OAuthError.InvalidGrant("redirect_uri is not the one that the code was delivered to.")
            : null;
}
