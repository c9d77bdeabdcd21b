using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.RefusedRequests;
using ManagedOAuth.Edge.RequestChecks;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.ServiceRouting;
using ManagedOAuth.Edge.Telemetry;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Edge.Pipeline;

/// <summary>
/// Every public request: 1 its head is checked, 2 its authority is found, 3 its path is checked where decisions hang on it, 4 it goes to
/// one of our services or to an application.
/// </summary>
internal sealed class EdgePipeline(RouteTableSource routes, ServiceProxy services, ApplicationRequests applications, DashboardRequests dashboard, RefusalNotes notes)
{
    public Task HandleAsync(HttpContext context)
    {
        if (RequestRules.Check(context.Features.GetRequiredFeature<IHttpRequestFeature>(), out var head) is { } refusal)
        {
            return RefuseAsync(context, refusal);
        }

        if (routes.Current is not { } table)
        {
            EdgeMetrics.Refused("not-ready");
            return KnownAnswers.NotReady.WriteAsync(context);
        }

        if (!table.TryFindHost(head.Headers.Host.ToString(), out var host))
        {
            EdgeMetrics.Refused("unknown-host");
            return KnownAnswers.UnknownHost.WriteAsync(context);
        }

        if (host.IsStrict && RequestRules.Run(RequestRules.Strict, head) is { } ambiguous)
        {
            return RefuseAsync(context, ambiguous);
        }

        return host.Kind switch
        {
            HostKind.Team => TeamAsync(context, host, head.Target),
            HostKind.Dashboard => dashboard.HandleAsync(context, host, head.Target),
            _ => applications.HandleAsync(context, host, head.Target),
        };
    }

    private Task TeamAsync(HttpContext context, HostRoutes host, RequestTarget target)
        => ServicePaths.Find(ServicePaths.Team, target.Path) is { Service: { } service } entry
            ? services.HandleAsync(context, host, null, service, target.PathAndQuery, entry.BodyLimit)
            : KnownAnswers.NotFound.WriteAsync(context);

    private Task RefuseAsync(HttpContext context, RequestRefusal refusal)
    {
        EdgeMetrics.Refused(refusal.Rule);
        notes.AddBadRequest(context, refusal.Rule);

        // Where one request ends is exactly what is in doubt: nothing more is read from this connection.
        if (context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
        {
            context.Response.Headers.Connection = "close";
        }

        return new Answer(refusal.Status, refusal.Rule, "Bad request", refusal.Message).WriteAsync(context);
    }
}
