namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>The body is within its limit and can be read in exactly one way.</summary>
public sealed class FormIsWellFormed : Rule<EndpointContext>
{
    public override string Id => "token.form-is-well-formed";

    public override string Spec => "OAuth 2.1 §3.2.2";

    public override OAuthError? Check(EndpointContext context)
    {
        if (context.Request.Body is not { } body)
        {
            return OAuthError.InvalidRequest("The body is longer than 16 KiB.");
        }

        if (!FormBody.TryParse(body.Span, out var form))
        {
            return OAuthError.InvalidRequest("The body is not well-formed: bad escape, bad UTF-8, control characters or too many parameters.");
        }

        context.Form = form;
        return null;
    }
}
