using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.ServiceDefaults.RateLimits;

namespace ManagedOAuth.AuthorizationServer.Upstream.Connect;

/// <summary>
/// An administrator's login at a server, for everybody who uses it: the page at the team domain that the dashboard sends them to. It asks before
/// it leads on, so that an address in a mail connects nothing by itself.
/// </summary>
public static class SharedConnectEndpoints
{
    private const int MaximumForm = 4096;

    /// <summary>Maps the page, and the documents that tell authorization servers about this product as a client.</summary>
    public static void MapSharedConnect(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapPages();
        group.MapGet(Paths.UpstreamConnect + "/{id}", (Delegate)((HttpContext context, string id) => HandleAsync(context, id, submitted: false)));
        group.MapPost(Paths.UpstreamConnect + "/{id}", (Delegate)((HttpContext context, string id) => HandleAsync(context, id, submitted: true))).LimitBody(MaximumForm).LimitRate(PageRoutes.Opened, RateLimitSubjects.Source, PageRoutes.TooMany);
        endpoints.MapGet(Paths.UpstreamClients + "/{portal}/{server}", (Delegate)ClientMetadata);
    }

    private static async Task<IResult> HandleAsync(HttpContext context, string id, bool submitted)
    {
        var scope = RequestScope.Of(context);
        if (!scope.IsTeamDomain || scope.TeamOrigin is not { } team)
        {
            return ErrorPage.NotFound();
        }

        var services = context.RequestServices;
        var flows = services.GetRequiredService<UpstreamFlows>();
        if (await flows.FindInvitationAsync(id, context.RequestAborted) is not { PortalId: null } subject
            || !scope.Snapshot.McpServers.TryGetValue(subject.ServerId, out var server))
        {
            return ConnectPages.Gone(null);
        }

        var cookie = FlowCookie.ReadOrIssue(context, team);
        if (!submitted)
        {
            return ConnectPages.AskShared(server.Name, FlowCookie.Mac(cookie, "upstream-shared", id));
        }

        var form = await RequestBodies.ReadFormAsync(context.Request, MaximumForm);
        return !FlowCookie.IsMac(form?.One("csrf"), cookie, "upstream-shared", id) ? ErrorPage.Forged($"{Paths.UpstreamConnect}/{id}")
            : !await flows.TakeInvitationAsync(id, context.RequestAborted) ? ConnectPages.Gone(null)
            : await ConnectStart.BeginAsync(context, subject, server, null, team, cookie, subject.ReturnUrl);
    }

    // OAuth Client ID Metadata Document: the address is the client's name.
    private static IResult ClientMetadata(HttpContext context, string portal, string server)
    {
        var scope = RequestScope.Of(context);
        var record = scope.Snapshot.McpPortals.Values.FirstOrDefault(candidate => candidate.PortalId == portal);
        if (!scope.IsTeamDomain || scope.TeamOrigin is not { } team || (record is null && portal != "shared")
            || scope.Snapshot.McpServers.Values.FirstOrDefault(candidate => candidate.ServerId == server) is not { OauthClient: null } found
            || UpstreamCallback.Of(found, record, team) is not { MetadataDocument: { } document } callback
            || document != team + context.Request.Path)
        {
            return ErrorPage.NotFound();
        }

        Cors.AllowAnyOrigin(context.Response);
        context.Response.Headers.CacheControl = "public, max-age=300";
        return Results.Json(ClientMetadataDocument.Of(document, callback, team), ClientMetadataJson.Default.ClientMetadataDocument);
    }
}
