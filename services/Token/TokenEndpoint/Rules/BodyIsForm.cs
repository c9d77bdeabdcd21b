using System.Net.Http.Headers;

namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>The body is a form, in UTF-8 if a charset is named; a JSON body is a mistake to tell, not to guess about.</summary>
public sealed class BodyIsForm : Rule<EndpointContext>
{
    public override string Id => "token.body-is-form";

    public override string Spec => "OAuth 2.1 §3.2.2";

    public override OAuthError? Check(EndpointContext context)
    {
        var isForm = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            && string.Equals(type.MediaType, "application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            && (string.IsNullOrEmpty(type.CharSet) || string.Equals(type.CharSet.Trim('"'), "utf-8", StringComparison.OrdinalIgnoreCase));
        return isForm ? null : OAuthError.InvalidRequest("The body must be application/x-www-form-urlencoded in UTF-8.");
    }
}
