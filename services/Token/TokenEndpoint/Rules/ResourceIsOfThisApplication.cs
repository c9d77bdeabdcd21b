using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>
/// Every resource that is named is the application's or lies below it. The grant is for the application as a whole, so anything below its
/// resource is inside the grant; none at all means the same.
/// </summary>
public sealed class ResourceIsOfThisApplication : Rule<EndpointContext>
{
    public override string Id => "token.resource-is-of-this-application";

    public override string Spec => "RFC 8707 §2.2";

    public override OAuthError? Check(EndpointContext context)
    {
        IReadOnlyList<string> own = [context.Request.PublicOrigin, .. ApplicationResources.Of(context.Application)];
        return context.Form.All("resource").All(resource => ResourceIndicator.CoveredBy(own, resource))
            ? null
            : OAuthError.InvalidTarget("The resource is not one of this application.");
    }
}
