namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>No parameter comes twice; only <c>resource</c> may (RFC 8707 §2).</summary>
public sealed class ParametersAppearOnce : Rule<EndpointContext>
{
    public override string Id => "token.parameters-appear-once";

    public override string Spec => "OAuth 2.1 §3.2";

    public override OAuthError? Check(EndpointContext context)
        => context.Form.Values.Any(parameter => parameter.Value.Count > 1 && parameter.Key != "resource")
            ? OAuthError.InvalidRequest("A parameter was sent more than once.")
            : null;
}
