namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>A grant type is named and it is one of those that the metadata lists.</summary>
public sealed class GrantTypeIsSupported : Rule<EndpointContext>
{
    public override string Id => "token.grant-type-is-supported";

    public override string Spec => "OAuth 2.1 §3.2.4";

    public override OAuthError? Check(EndpointContext context) => context.Form["grant_type"] switch
    {
        null => OAuthError.InvalidRequest("grant_type is missing."),
        TokenContext.AuthorizationCode or TokenContext.RefreshToken => null,
        _ => OAuthError.UnsupportedGrantType("Only authorization_code and refresh_token are supported."),
    };
}
