using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>The application still allows the redirect URI: its rules may have changed since the client registered.</summary>
public sealed class RedirectUriAllowedNow : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "redirect_uri_allowed_now";

    /// <inheritdoc />
    public string Spec => "RFC 9700 §2.1";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var rules = context.Application.OauthConfiguration?.DynamicClientRegistration;
        if (rules is null || RedirectRules.Problem(rules, context.RedirectUri) is not null)
        {
            return new Rejection(Errors.InvalidRequest, "The redirect_uri is not allowed by the settings of the application.");
        }

        context.MayRedirect = true;
        return null;
    }
}
