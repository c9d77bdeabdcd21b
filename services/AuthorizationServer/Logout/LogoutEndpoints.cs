using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Logout;

/// <summary>End of the team session. GET asks and POST does it, so that no other site can sign anybody out.</summary>
public static class LogoutEndpoints
{
    private const int MaximumForm = 4096;

    /// <summary>Maps the logout path.</summary>
    public static void MapLogout(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapPages();
        group.MapGet(Paths.Logout, (Delegate)((HttpContext context) => HandleAsync(context, submitted: false)));
        group.MapPost(Paths.Logout, (Delegate)((HttpContext context) => HandleAsync(context, submitted: true))).LimitBody(MaximumForm);
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

        var sessions = context.RequestServices.GetRequiredService<TeamSessions>();
        if (TeamSessionCookie.Read(context, teamOrigin) is not { } cookie
            || await sessions.FindAsync(cookie, organization, context.RequestAborted) is not { } session)
        {
            return LogoutPages.Done();
        }

        if (!submitted)
        {
            return LogoutPages.Ask(session.Email, FlowCookie.Mac(cookie, "logout"));
        }

        var form = await RequestBodies.ReadFormAsync(context.Request, MaximumForm);
        if (!FlowCookie.IsMac(form?.One("csrf"), cookie, "logout"))
        {
            return ErrorPage.Forged(Paths.Logout);
        }

        await sessions.EndAsync(session, scope.Edge.ClientAddress.ToString(), scope.Edge.FlowId, context.RequestAborted);
        TeamSessionCookie.Remove(context, teamOrigin);
        var provider = scope.Snapshot.IdentityProviders.GetValueOrDefault(session.ProviderId);
        return LogoutPages.Done(provider?.Name, provider is null ? null : await EndSessionUrlAsync(context, provider));
    }

    private static async Task<string?> EndSessionUrlAsync(HttpContext context, IdentityProvider provider)
    {
        try
        {
            return context.RequestServices.GetRequiredService<Providers>().For(provider) is { } speaker
                ? await speaker.EndSessionUrlAsync(provider, context.RequestAborted)
                : null;
        }
        catch (OutboundUnavailableException)
        {
            // The user is signed out here either way; only the link to the provider's own page is missing.
            return null;
        }
    }
}
