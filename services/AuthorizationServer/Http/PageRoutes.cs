using System.Data.Common;
using System.Net.Sockets;
using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.RateLimits;
using Marten.Exceptions;

namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>What all pages for people have in common.</summary>
public static partial class PageRoutes
{
    /// <summary>Transactions that one source may begin.</summary>
    public static readonly RateLimit Opened = RateLimit.PerMinute("transactions-source", 600);

    /// <summary>A group of routes whose failures are pages too: an outage is 503 with Retry-After.</summary>
    public static RouteGroupBuilder MapPages(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("");
        group.AddEndpointFilter(async (invocation, next) =>
        {
            try
            {
                return await next(invocation);
            }
            catch (Exception exception) when (IsOutage(exception) && !invocation.HttpContext.RequestAborted.IsCancellationRequested)
            {
                // Protects people from a bare error: what we depend on is away, and the page says what to do.
                var logger = invocation.HttpContext.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(PageRoutes));
                LogOutage(logger, exception.GetType().Name, exception.Message);
                invocation.HttpContext.Response.Headers.RetryAfter = "5";
                return ErrorPage.Unavailable();
            }
        });
        return group;
    }

    /// <summary>The page for too many requests.</summary>
    public static Task TooMany(HttpContext context)
        => ErrorPage.Of(StatusCodes.Status429TooManyRequests, "Too many requests", "Too many sign-ins were started from your network.", "Wait a minute, then go back to the application.").ExecuteAsync(context);

    private static bool IsOutage(Exception exception)
        => exception is HotStoreUnavailableException or StoreUnavailableException or DbException or TimeoutException or SocketException
            or RpcException { StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted };

    [LoggerMessage(1, LogLevel.Warning, "Answered with the page for an outage: {Error}: {Message}", EventName = "PageOutage")]
    private static partial void LogOutage(ILogger logger, string error, string message);
}
