using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.MyAccess;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.AuthorizationServer.Upstream.Connect;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.ServiceDefaults.RateLimits;

namespace ManagedOAuth.AuthorizationServer.Portals;

/// <summary>
/// The pages of a portal at its own domain, for the user whom Edge has verified: its home, and what there is to connect. Everything that changes
/// something is a form with a token of this browser, portal and user.
/// </summary>
public static class PortalEndpoints
{
    private const int MaximumForm = 4096;

    // Each may lead to requests to a server and its authorization server.
    private static readonly RateLimit s_changes = RateLimit.PerMinute("portal-changes-source", 240);

    /// <summary>Maps the pages.</summary>
    public static void MapPortals(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapPages();
        group.MapGet(Paths.PortalHome, (Delegate)((HttpContext context) => ShowAsync(context, isHome: true)));
        group.MapGet(Paths.PortalServers, (Delegate)((HttpContext context) => ShowAsync(context, isHome: false)));
        group.MapPost(Paths.PortalHome, (Delegate)((HttpContext context) => SubmitAsync(context, Paths.PortalHome))).LimitBody(MaximumForm).LimitRate(s_changes, RateLimitSubjects.Source, PageRoutes.TooMany);
        group.MapPost(Paths.PortalServers, (Delegate)((HttpContext context) => SubmitAsync(context, Paths.PortalServers))).LimitBody(MaximumForm).LimitRate(s_changes, RateLimitSubjects.Source, PageRoutes.TooMany);
    }

    private static async Task<IResult> ShowAsync(HttpContext context, bool isHome)
    {
        if (PortalScope.Of(context, out var error) is not { } portal)
        {
            return error!;
        }

        var services = context.RequestServices;
        if (context.Request.Query["elicitationId"] is [{ Length: > 0 } invitation]
            && (LoginInvitation.IsForAnother(invitation, portal.User.UserId)
                || (await services.GetRequiredService<UpstreamFlows>().FindInvitationAsync(invitation, context.RequestAborted) is { } subject && subject.UserId != portal.User.UserId)))
        {
            // Whoever opens another one's link must not connect an account for them.
            return ConnectPages.OtherUser(portal.User.Email);
        }

        var logins = await services.GetRequiredService<UpstreamLoginReader>().FindManyAsync(portal.OwnLogins.Select(server => server.Record.Id), portal.User.UserId, context.RequestAborted);
        var csrf = CsrfToken(FlowCookie.ReadOrIssue(context, portal.Origin), portal);
        var connected = portal.Servers.FirstOrDefault(server => context.Request.Query["connected"] is [{ } id] && server.ServerId == id);
        return isHome ? PortalPages.Home(portal, logins, csrf) : PortalPages.Servers(portal, logins, csrf, connected?.Record.Name);
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, string page)
    {
        if (PortalScope.Of(context, out var error) is not { } portal)
        {
            return error!;
        }

        var form = await RequestBodies.ReadFormAsync(context.Request, MaximumForm);
        if (FlowCookie.Read(context, portal.Origin) is not { } cookie || form is null || !IsCsrfToken(form.One("csrf"), cookie, portal))
        {
            return ErrorPage.Forged(page);
        }

        var server = portal.OwnLogins.FirstOrDefault(server => server.ServerId == form.One("server"));
        return form.One("action") switch
        {
            "connect" when server is not null => await ConnectAsync(context, portal, server, FlowCookie.ReadOrIssue(context, portal.Origin), page),
            "disconnect" when server is not null => await DisconnectAsync(context, portal, server, page),
            "sign-out" => await SignOutAsync(context, portal),
            _ => new SeeOther(page),
        };
    }

    private static Task<IResult> ConnectAsync(HttpContext context, PortalScope portal, PortalServer server, string cookie, string page)
        => ConnectStart.BeginAsync(
            context, new UpstreamSubject(server.Record.Id, portal.User.UserId, portal.Portal.Id, portal.User.Email), server.Record, portal.Portal, portal.TeamOrigin, cookie, page);

    private static async Task<IResult> DisconnectAsync(HttpContext context, PortalScope portal, PortalServer server, string page)
    {
        await context.RequestServices.GetRequiredService<UpstreamEndings>().ForgetAsync(server.Record.Id, portal.User.UserId, "user", portal.User.Email);
        return new SeeOther(page);
    }

    // What is given up last is the session that this page needs: whatever fails half-way can be tried again.
    private static async Task<IResult> SignOutAsync(HttpContext context, PortalScope portal)
    {
        var services = context.RequestServices;
        var endings = services.GetRequiredService<UpstreamEndings>();
        var servers = portal.Portal.Servers.Select(entry => portal.Snapshot.McpServers.Values.FirstOrDefault(server => server.ServerId == entry.ServerId)).OfType<McpServer>();
        await Task.WhenAll(servers.Select(server => endings.ForgetAsync(server.Id, portal.User.UserId, "sign_out", portal.User.Email)));
        await services.GetRequiredService<OwnGrants>().EndAtAsync(portal.User.Email, portal.Portal.ApplicationId, context.RequestAborted);
        return new SeeOther("/cdn-cgi/access/logout");
    }

    private static string CsrfToken(string cookie, PortalScope portal) => FlowCookie.Mac(cookie, "portal", portal.Portal.Id.ToString(), portal.User.UserId.ToString());

    private static bool IsCsrfToken(string? given, string cookie, PortalScope portal)
        => FlowCookie.IsMac(given, cookie, "portal", portal.Portal.Id.ToString(), portal.User.UserId.ToString());
}
