using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Registration.Rules;

/// <summary>
/// The code grant is among the grant types. Every client is registered for both that are offered, because every grant can be refreshed; the answer says so,
/// and leaves out what is not offered.
/// </summary>
public sealed class GrantTypesOffered : IRule<RegistrationContext>
{
    private static readonly string[] s_default = ["authorization_code"];
    private static readonly string[] s_offered = ["authorization_code", "refresh_token"];

    /// <inheritdoc />
    public string Id => "grant_types_offered";

    /// <inheritdoc />
    public string Spec => "RFC 7591 §2, §3.2.1";

    /// <inheritdoc />
    public Rejection? Check(RegistrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        IReadOnlyList<string?> asked = context.Request.GrantTypes is { Count: > 0 } given ? given : s_default;
        context.GrantTypes = s_offered;
        return asked.Contains("authorization_code")
            ? null
            : new Rejection(Errors.InvalidClientMetadata, "grant_types must include authorization_code.");
    }
}
