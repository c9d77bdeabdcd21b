using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>Every <c>resource</c> that is named is this application or below it; none named means this application.</summary>
public sealed class ResourceOfThisApplication : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "resource_of_this_application";

    /// <inheritdoc />
    public string Spec => "RFC 8707 §2.1";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var asked = context.Parameters!.All(AuthorizationParameters.Resource);
        var own = ApplicationResources.Of(context.Application);
        if (!asked.All(resource => ResourceIndicator.CoveredBy(own, resource)))
        {
            return new Rejection(Errors.InvalidTarget, "The resource is not this application.");
        }

        context.Resource = asked.Count == 0 ? "" : asked[0];
        return null;
    }
}
