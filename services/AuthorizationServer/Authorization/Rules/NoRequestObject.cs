using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>The request is in the parameters: objects that stand for it, or point to it, are not supported and never fetched.</summary>
public sealed class NoRequestObject : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "no_request_object";

    /// <inheritdoc />
    public string Spec => "RFC 9101 §6";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Parameters!.Has(AuthorizationParameters.Request))
        {
            return new Rejection(Errors.RequestNotSupported, "Request objects are not supported.");
        }

        return context.Parameters.Has(AuthorizationParameters.RequestUri)
            ? new Rejection(Errors.RequestUriNotSupported, "Request URIs are not supported.")
            : null;
    }
}
