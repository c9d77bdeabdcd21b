using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>One <c>redirect_uri</c> is given; it may be left out when exactly one is registered.</summary>
public sealed class RedirectUriGiven : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "redirect_uri_given";

    /// <inheritdoc />
    public string Spec => "OAuth 2.1 §2.3.2";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Parameters!.One(AuthorizationParameters.RedirectUri) is { } given)
        {
            context.RedirectUri = given;
            return null;
        }

        if (context.Parameters.Has(AuthorizationParameters.RedirectUri) || context.Client!.RedirectUris.Count != 1)
        {
            return new Rejection(Errors.InvalidRequest, "One redirect_uri is required.");
        }

        context.RedirectUri = context.Client.RedirectUris[0];
        return null;
    }
}
