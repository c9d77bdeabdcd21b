using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>The redirect URI is a registered one byte for byte; the port of an http loopback URI is free.</summary>
public sealed class RedirectUriRegistered : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "redirect_uri_registered";

    /// <inheritdoc />
    public string Spec => "OAuth 2.1 §4.1.1, RFC 8252 §7.3";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Client!.RedirectUris.Any(registered => RedirectRules.SameRedirectUri(registered, context.RedirectUri))
            ? null
            : new Rejection(Errors.InvalidRequest, "The redirect_uri is not one that the client registered.");
    }
}
