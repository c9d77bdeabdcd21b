namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>The domain belongs to an application whose Managed OAuth is on.</summary>
public sealed class ApplicationIsManaged : Rule<EndpointContext>
{
    public override string Id => "token.application-is-managed";

    public override string Spec => "RFC 8414 §2";

    public override OAuthError? Check(EndpointContext context)
    {
        if (context.Request.ApplicationId is not { } id)
        {
            return OAuthError.InvalidRequest("There is no authorization server at this domain.");
        }

        // Edge knows the application and we do not yet (or no longer): the next seconds tell.
        if (!context.Configuration.Snapshot.Applications.TryGetValue(id, out var application))
        {
            return OAuthError.TemporarilyUnavailable();
        }

        context.Application = application;
        return application.ManagedOAuth ? null : OAuthError.UnauthorizedClient("Managed OAuth is off for this application.");
    }
}
