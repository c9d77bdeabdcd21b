using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>One <c>client_id</c> is given, and it is a client of this application.</summary>
public sealed class ClientKnown : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "client_known";

    /// <inheritdoc />
    public string Spec => "OAuth 2.1 §4.1.2.1";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Parameters!.One(AuthorizationParameters.ClientId) is null)
        {
            return new Rejection(Errors.InvalidClient, "One client_id is required.");
        }

        return context.Client is null ? new Rejection(Errors.InvalidClient, "The client is not known here, or its registration has expired. Register again.") : null;
    }
}
