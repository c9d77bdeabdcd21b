using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Registration.Rules;

/// <summary>A client of the code flow registers at least one redirect URI, and not more than a client can need.</summary>
public sealed class RedirectUrisPresent : IRule<RegistrationContext>
{
    /// <summary>Most redirect URIs of one client.</summary>
    public const int Maximum = 32;

    /// <inheritdoc />
    public string Id => "redirect_uris_present";

    /// <inheritdoc />
    public string Spec => "RFC 7591 §2";

    /// <inheritdoc />
    public Rejection? Check(RegistrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.RedirectUris switch
        {
            null or { Count: 0 } => new Rejection(Errors.InvalidRedirectUri, "redirect_uris must have at least one entry."),
            { Count: > Maximum } => new Rejection(Errors.InvalidRedirectUri, "redirect_uris has too many entries."),
            _ => null,
        };
    }
}
