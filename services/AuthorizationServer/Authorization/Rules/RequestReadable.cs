using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>The request can be read: percent escapes, UTF-8, a bounded number of parameters.</summary>
public sealed class RequestReadable : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "request_readable";

    /// <inheritdoc />
    public string Spec => "OAuth 2.1 §3.1";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Parameters is null ? new Rejection(Errors.InvalidRequest, "The request is malformed.") : null;
    }
}
