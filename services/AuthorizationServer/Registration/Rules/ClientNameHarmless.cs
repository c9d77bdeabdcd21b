using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Registration.Rules;

/// <summary>A client's name is shown to people: control, direction and invisible characters are taken out and its length is bounded.</summary>
public sealed class ClientNameHarmless : IRule<RegistrationContext>
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaximumLength = 80;

    /// <inheritdoc />
    public string Id => "client_name_harmless";

    /// <inheritdoc />
    public string Spec => "RFC 7591 §5";

    /// <inheritdoc />
    public Rejection? Check(RegistrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var name = DisplayText.Clean(context.Request.ClientName ?? "", MaximumLength);
        context.Name = name.Length == 0 ? null : name;
        return null;
    }
}
