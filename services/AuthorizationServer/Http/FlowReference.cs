using System.Diagnostics;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>
/// The one id under which events, logs and pages of a login can be found: the trace id of the request that began it. Later requests of the
/// same login have traces of their own, so they are tagged with it.
/// </summary>
public static class FlowReference
{
    /// <summary>The tag of spans.</summary>
    public const string Tag = "managedoauth.flow_id";

    /// <summary>This request belongs to that flow.</summary>
    public static void Set(HttpContext context, string flowId)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Items[typeof(FlowReference)] = flowId;
        Activity.Current?.SetTag(Tag, flowId);
    }

    /// <summary>The flow of this request: of its transaction if it has one, else its own.</summary>
    public static string Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Items[typeof(FlowReference)] as string ?? context.Features.GetRequiredFeature<EdgeRequest>().FlowId;
    }
}
