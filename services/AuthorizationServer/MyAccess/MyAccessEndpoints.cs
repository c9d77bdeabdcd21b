using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;

namespace ManagedOAuth.AuthorizationServer.MyAccess;

/// <summary>What somebody who is signed in at the team domain has allowed: each client and browser session, and the end of any or all of them.</summary>
public static class MyAccessEndpoints
{
    private const int MaximumForm = 4096;
    private const string Purpose = "my-access";

    /// <summary>Maps the page.</summary>
    public static void MapMyAccess(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapPages();
        group.MapGet(Paths.MyAccess, (Delegate)((HttpContext context) => HandleAsync(context, submitted: false)));
        group.MapPost(Paths.MyAccess, (Delegate)((HttpContext context) => HandleAsync(context, submitted: true))).LimitBody(MaximumForm);
    }

    private static async Task<IResult> HandleAsync(HttpContext context, bool submitted)
    {
        var scope = RequestScope.Of(context);
        if (!scope.IsLoaded || scope.TeamOrigin is not { } teamOrigin || scope.Snapshot.Organization is not { } organization)
        {
            return ErrorPage.NotReady();
        }

        if (!scope.IsTeamDomain)
        {
            return ErrorPage.NotFound();
        }

        var services = context.RequestServices;
        if (TeamSessionCookie.Read(context, teamOrigin) is not { } cookie
            || await services.GetRequiredService<TeamSessions>().FindAsync(cookie, organization, context.RequestAborted) is not { } session)
        {
            return MyAccessPage.NotSignedIn();
        }

        var grants = services.GetRequiredService<OwnGrants>();
        if (!submitted)
        {
            return MyAccessPage.Of(session.Email, await grants.ListAsync(session.UserId, context.RequestAborted), scope.Snapshot, FlowCookie.Mac(cookie, Purpose));
        }

        var form = await RequestBodies.ReadFormAsync(context.Request, MaximumForm);
        if (!FlowCookie.IsMac(form?.One("csrf"), cookie, Purpose))
        {
            return ErrorPage.Forged(Paths.MyAccess);
        }

        if (form!.One("action") == "everywhere")
        {
            // The other browsers first, so that none of them opens a new grant silently in between; this one last: if anything fails half-way, it is
            // still there to try again.
            var sessions = services.GetRequiredService<TeamSessions>();
            await sessions.EndOthersAsync(session, scope.Edge.ClientAddress.ToString(), scope.Edge.FlowId, context.RequestAborted);
            var ended = await grants.EndAllAsync(session.Email, context.RequestAborted);
            await sessions.EndAsync(session, scope.Edge.ClientAddress.ToString(), scope.Edge.FlowId, context.RequestAborted);
            TeamSessionCookie.Remove(context, teamOrigin);
            return MyAccessPage.SignedOutEverywhere(ended);
        }

        if (Guid.TryParse(form.One("end"), out var id))
        {
            await grants.EndAsync(session.UserId, session.Email, id, context.RequestAborted);
        }

        return new SeeOther(Paths.MyAccess);
    }
}
