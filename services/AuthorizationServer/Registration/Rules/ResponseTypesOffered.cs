using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Registration.Rules;

/// <summary>The response type of the code grant is <c>code</c> (RFC 7591 §2.1); no token ever comes through the front channel.</summary>
public sealed class ResponseTypesOffered : IRule<RegistrationContext>
{
    /// <inheritdoc />
    public string Id => "response_types_offered";

    /// <inheritdoc />
    public string Spec => "RFC 7591 §2.1";

    /// <inheritdoc />
    public Rejection? Check(RegistrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.ResponseTypes = ["code"];
        return context.Request.ResponseTypes is null or { Count: 0 } || context.Request.ResponseTypes.Contains("code")
            ? null
            : new Rejection(Errors.InvalidClientMetadata, "response_types must include code.");
    }
}
