using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.ServiceDefaults.Http;

namespace ManagedOAuth.Edge.Sessions;

/// <summary>
/// <c>/cdn-cgi/access/logout</c>: ends this browser's session here and goes on to the logout of the team domain. A page of another site
/// that sends a browser here only gets a question shown (logout forced from outside is a nuisance that logs people out of their work).
/// </summary>
internal sealed partial class LogoutEndpoint(
    Authenticator authenticator, EdgeSessions.EdgeSessionsClient sessions, RouteTableSource routes, ILogger<LogoutEndpoint> logger)
{
    public async Task HandleAsync(HttpContext context, HostRoutes host)
    {
        var request = context.Request;
        if (request.Method is not ("GET" or "POST"))
        {
            context.Response.Headers.Allow = "GET, POST";
            await new Answer(StatusCodes.Status405MethodNotAllowed, "invalid_request", "Method not allowed", "Use GET or POST.").WriteAsync(context);
            return;
        }

        if (!ComesFromHere(request, host))
        {
            await (request.Method == "POST" ? KnownAnswers.CrossSite.WriteAsync(context) : AskAsync(context));
            return;
        }

        foreach (var door in host.Doors)
        {
            await EndAsync(context, door);
        }

        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Location = routes.Current!.TeamOrigin + "/cdn-cgi/access/logout";
    }

    // Browsers say where a request comes from; what says nothing is no browser, and nobody can send it here unseen. Origin is asked
    // second: a form of a page without referrer has none.
    private static bool ComesFromHere(HttpRequest request, HostRoutes host)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        return site.Length > 0 ? site is "same-origin" or "none" : origin.Length == 0 || origin == host.PublicOrigin;
    }

    private async Task EndAsync(HttpContext context, Door door)
    {
        if (!CookieHeader.TryGet(context.Request.Headers.Cookie, door.SessionCookie, out _, out _))
        {
            return;
        }

        EdgeCookies.ClearSession(context.Response, door);
        var authentication = await authenticator.AuthenticateAsync(context, door);
        if (authentication is not { Kind: CredentialKind.BrowserSession, Credential: { } session })
        {
            return;
        }

        try
        {
            await sessions.EndSessionAsync(
                new EndSessionRequest
                {
                    GrantId = session.GrantId.ToString("D"),
                    ApplicationId = door.Application.Id.ToString("D"),
                    ClientAddress = OriginTransform.AddressText(context.Connection.RemoteIpAddress),
                },
                cancellationToken: context.RequestAborted);
        }
        catch (RpcException failure)
        {
            // The browser forgets the session all the same; that it lives on until its end is for the operator to know.
            Log.NotEnded(logger, failure.StatusCode, session.GrantId);
        }
    }

    private Task AskAsync(HttpContext context)
    {
        // The form's answer leads on to the team domain: browsers apply form-action to that as well.
        var security = new PageSecurity().AllowFormRedirect(new Uri(routes.Current!.TeamOrigin));
        var body = System.Text.Encoding.UTF8.GetBytes("""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Sign out?</title></head>
            <body><h1>Sign out?</h1><p>Another page asks to sign you out here.</p>
            <form method="post" action="/cdn-cgi/access/logout"><button type="submit">Sign out</button></form></body></html>
            """);
        security.Apply(context.Response);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Session {Grant} could not be ended at its logout: {Status}", EventName = "SessionNotEnded")]
        public static partial void NotEnded(ILogger logger, StatusCode status, Guid grant);
    }
}
