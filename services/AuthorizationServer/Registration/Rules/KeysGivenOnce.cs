using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Registration.Rules;

/// <summary>Keys come by value or by reference, not both.</summary>
public sealed class KeysGivenOnce : IRule<RegistrationContext>
{
    /// <inheritdoc />
    public string Id => "keys_given_once";

    /// <inheritdoc />
    public string Spec => "RFC 7591 §2";

    /// <inheritdoc />
    public Rejection? Check(RegistrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request is { JwksUri: not null, Jwks: not null }
            ? new Rejection(Errors.InvalidClientMetadata, "jwks and jwks_uri exclude each other.")
            : null;
    }
}
