using System.Diagnostics;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>The identity provider that calls, as its secret proved.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="BaseUrl">Its base URL here.</param>
/// <param name="FlowId">The trace of this request.</param>
public sealed record ScimCaller(IdentityProvider Provider, string BaseUrl, string FlowId)
{
    /// <summary>The caller of a request that got past <see cref="ScimFilterChain"/>.</summary>
    public static ScimCaller Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return (ScimCaller?)context.Items[typeof(ScimCaller)] ?? throw new UnreachableException("The endpoint is not behind ScimFilterChain.");
    }
}
