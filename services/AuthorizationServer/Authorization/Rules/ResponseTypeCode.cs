using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>The response type is <c>code</c>: no token ever comes through the front channel.</summary>
public sealed class ResponseTypeCode : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "response_type_code";

    /// <inheritdoc />
    public string Spec => "OAuth 2.1 §4.1.1";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Parameters!.One(AuthorizationParameters.ResponseType) switch
        {
            null => new Rejection(Errors.InvalidRequest, "The parameter response_type is required."),
            "code" => null,
            _ => new Rejection(Errors.UnsupportedResponseType, "The response_type must be code."),
        };
    }
}
