using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Portals;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.ServiceDefaults.RateLimits;

namespace ManagedOAuth.AuthorizationServer.Upstream.Connect;

/// <summary>
/// Where browsers come back to from servers' authorization servers (RFC 6749 §4.1.2). 1 The parameters are readable and none is repeated; 2 the
/// state is known; 3 it was made for this portal, user, browser and server. Nothing of that uses anything up, so that nobody can spoil another
/// one's login. The rest is <see cref="UpstreamConnections.FinishAsync"/>.
/// </summary>
public static partial class UpstreamCallbackEndpoints
{
    /// <summary>Maps the callbacks of the portals and the one at the team domain.</summary>
    public static void MapUpstreamCallbacks(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapPages();
        foreach (var suffix in new[] { "", "/{server}" })
        {
            group.MapGet(Paths.ServersCallback + suffix, (Delegate)AtPortalAsync).LimitRate(PageRoutes.Opened, RateLimitSubjects.Source, PageRoutes.TooMany);
            group.MapGet(Paths.SharedServersCallback + suffix, (Delegate)AtTeamAsync).LimitRate(PageRoutes.Opened, RateLimitSubjects.Source, PageRoutes.TooMany);
        }
    }

    private static async Task<IResult> AtPortalAsync(HttpContext context, CancellationToken cancellation)
    {
        if (PortalScope.Of(context, out var error) is not { } portal)
        {
            return error!;
        }

        if (await FindAsync(context) is not ({ } flow, { } query))
        {
            return ConnectPages.Gone(Paths.PortalServers);
        }

        var here = portal.Origin + context.Request.Path;
        if (flow.Subject.PortalId != portal.Portal.Id || flow.Subject.UserId != portal.User.UserId
            || (flow.RedirectUri != here && flow.RedirectUri != RelayOf(portal.TeamOrigin, context.Request.Path)))
        {
            return ConnectPages.Foreign(Paths.PortalServers);
        }

        if (FlowCookie.Read(context, portal.Origin) is not { } cookie || !FlowCookie.IsOf(cookie, flow.BrowserHash))
        {
            return ConnectPages.Foreign(Paths.PortalServers);
        }

        var name = NameOf(portal.Snapshot, flow);
        return await FinishAsync(context, flow, query, cookie, name, Paths.PortalServers, cancellation)
            ?? new SeeOther($"{Paths.PortalServers}?connected={portal.Snapshot.McpServers.GetValueOrDefault(flow.Subject.ServerId)?.ServerId}");
    }

    private static async Task<IResult> AtTeamAsync(HttpContext context, CancellationToken cancellation)
    {
        var scope = RequestScope.Of(context);
        if (!scope.IsTeamDomain || scope.TeamOrigin is not { } team)
        {
            return ErrorPage.NotFound();
        }

        if (await FindAsync(context) is not ({ } flow, { } query) || flow.RedirectUri != team + context.Request.Path)
        {
            return ConnectPages.Gone(null);
        }

        // A portal's user: the checks need the session that they have there. The query goes on byte for byte.
        if (flow.Subject.PortalId is { } portalId)
        {
            return scope.Snapshot.McpPortals.TryGetValue(portalId, out var portal)
                ? new SeeOther(PublicOrigin.Of(portal.Hostname) + Paths.ServersCallback + context.Request.Path.Value![Paths.SharedServersCallback.Length..] + context.Request.QueryString)
                : ConnectPages.Gone(null);
        }

        if (FlowCookie.Read(context, team) is not { } cookie || !FlowCookie.IsOf(cookie, flow.BrowserHash))
        {
            return ConnectPages.Foreign(null);
        }

        var name = NameOf(scope.Snapshot, flow);
        return await FinishAsync(context, flow, query, cookie, name, flow.Subject.ReturnUrl, cancellation) ?? ConnectPages.SharedDone(name, flow.Subject.ReturnUrl);
    }

    private static async Task<(UpstreamFlow? Flow, Parameters? Query)> FindAsync(HttpContext context)
    {
        var flows = context.RequestServices.GetRequiredService<UpstreamFlows>();
        return Parameters.TryParse(context.Request.QueryString.Value ?? "", out var query) && !query.Repeated.Any()
            && await flows.FindAsync(query.One("state"), context.RequestAborted) is { } flow ? (flow, query) : (null, null);
    }

    private static async Task<IResult?> FinishAsync(HttpContext context, UpstreamFlow flow, Parameters query, string cookie, string name, string back, CancellationToken cancellation)
    {
        var services = context.RequestServices;
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(UpstreamCallbackEndpoints));
        var flowId = FlowReference.Of(context);
        try
        {
            if (await services.GetRequiredService<UpstreamConnections>().FinishAsync(flow, query, cookie, flowId, cancellation) is not { } refusal)
            {
                return null;
            }

            LogRefused(logger, flow.Subject.ServerId, flow.At.Issuer, refusal, flowId);
            return ConnectPages.NotConnected(name, refusal, back);
        }
        catch (OutboundUnavailableException away)
        {
            LogUnavailable(logger, flow.Subject.ServerId, flowId, away.Message);
            context.Response.Headers.RetryAfter = "5";
            return ConnectPages.Unavailable(name, back);
        }
    }

    private static string NameOf(ConfigurationSnapshot snapshot, UpstreamFlow flow) => snapshot.McpServers.GetValueOrDefault(flow.Subject.ServerId)?.Name ?? "a removed server";

    private static string RelayOf(string team, PathString path) => team + Paths.SharedServersCallback + path.Value![Paths.ServersCallback.Length..];

    [LoggerMessage(1, LogLevel.Warning, "A login at the MCP server {ServerId} by {Issuer} was refused: {Refusal} Flow {FlowId}", EventName = "UpstreamAnswerRefused")]
    private static partial void LogRefused(ILogger logger, Guid serverId, string issuer, string refusal, string flowId);

    [LoggerMessage(2, LogLevel.Warning, "A login at the MCP server {ServerId} could not be finished, flow {FlowId}: {Message}", EventName = "UpstreamUnavailable")]
    private static partial void LogUnavailable(ILogger logger, Guid serverId, string flowId, string message);
}
