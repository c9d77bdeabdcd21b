using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Sessions;

/// <summary>
/// <c>GET /cdn-cgi/access/authorized?code=&amp;state=</c>: the way back from the login. 1 the state must be that of a login which this
/// browser began here; 2 the code is exchanged at Token; 3 the assertion becomes the session cookie; 4 on to where the browser was going,
/// on this host only.
/// </summary>
internal sealed partial class AuthorizedEndpoint(EdgeSessions.EdgeSessionsClient sessions, ILogger<AuthorizedEndpoint> logger)
{
    private const int MaximumCode = 512;

    public async Task HandleAsync(HttpContext context, HostRoutes host)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET";
            await MethodNotAllowed.WriteAsync(context);
            return;
        }

        var (code, state) = (One(context, "code"), One(context, "state"));
        if (code is not { Length: > 0 and <= MaximumCode } || !LoginTransaction.IsState(state) || Find(context, host, state!) is not { } found)
        {
            await NotBegunHere(host).WriteAsync(context);
            return;
        }

        var (door, login) = found;
        EdgeCookies.ClearLogin(context.Response, door, login.CookieName(door));
        try
        {
            var reply = await sessions.RedeemSessionAsync(
                new RedeemSessionRequest { ApplicationId = door.Application.Id.ToString("D"), Code = code },
                cancellationToken: context.RequestAborted);
            EdgeCookies.SetSession(context.Response, door, reply.Assertion, reply.ExpiresAt.ToDateTimeOffset());
        }
        catch (RpcException failure)
        {
            Log.NotRedeemed(logger, failure.StatusCode, door.Application.Id);
            var answer = failure.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument or StatusCode.FailedPrecondition
                ? NotBegunHere(host)
                : KnownAnswers.ServiceAway;
            await answer.WriteAsync(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.Location = door.PublicOrigin + login.PathAndQuery;
    }

    private static readonly Answer MethodNotAllowed =
        new(StatusCodes.Status405MethodNotAllowed, "invalid_request", "Method not allowed", "This address is opened by the browser.");

    private static Answer NotBegunHere(HostRoutes host)
        => new(StatusCodes.Status400BadRequest, "login_expired", "This sign-in cannot be finished", "It took too long, was finished before, or was begun in another browser. Please start again.")
        {
            Link = (host.PublicOrigin + "/", "Start again"),
        };

    private static (Door Door, LoginTransaction Login)? Find(HttpContext context, HostRoutes host, string state)
    {
        foreach (var door in host.Doors)
        {
            var name = LoginTransaction.CookieNameOf(door.LoginCookiePrefix, state);
            if (CookieHeader.TryGet(context.Request.Headers.Cookie, name, out var cookie, out _)
                && LoginTransaction.TryRead(cookie, state, out var login)
                && login.ApplicationId == door.Application.Id)
            {
                return (door, login);
            }
        }

        return null;
    }

    private static string? One(HttpContext context, string name) => context.Request.Query[name] is { Count: 1 } value ? value[0] : null;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "A session code was not redeemed at application {Application}: {Status}", EventName = "SessionNotRedeemed")]
        public static partial void NotRedeemed(ILogger logger, StatusCode status, Guid application);
    }
}
