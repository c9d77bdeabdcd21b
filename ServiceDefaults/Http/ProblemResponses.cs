using System.Diagnostics;
using System.Globalization;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.Http;

/// <summary>
/// What a client learns of an exception: a status and a trace id, never its text. Outages of what we depend on are 503 with
/// <c>Retry-After</c>, so that clients come again instead of giving their grants up; what a client sent wrong is its 4xx.
/// </summary>
internal static partial class ProblemResponses
{
    public static void AddProblemResponses(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = context =>
        {
            context.ProblemDetails.Extensions.Remove("exception");
            context.ProblemDetails.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString();
        });
        services.AddExceptionHandler<Handler>();
        services.AddTransient<IStartupFilter, Outermost>();
        services.AddSingleton<OutageInterceptor>();
        services.Configure<GrpcServiceOptions>(options => options.Interceptors.Add<OutageInterceptor>());
    }

    /// <summary>The status of an exception that reached the server; 500 for a bug.</summary>
    public static int StatusOf(Exception exception) => exception switch
    {
        BadHttpRequestException bad => bad.StatusCode,
        _ when Outages.IsTransient(exception) => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private sealed class Outermost : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseExceptionHandler(new ExceptionHandlerOptions
            {
                StatusCodeSelector = StatusOf,

                // Our handler logs, once and by kind: a client's own mistake is no error of ours.
                SuppressDiagnosticsCallback = _ => true,
            });
            next(app);
        };
    }

    private sealed partial class Handler(IProblemDetailsService problems, ILogger<Handler> logger) : IExceptionHandler
    {
        public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
        {
            var status = StatusOf(exception);
            switch (status)
            {
                case >= 400 and < 500:
                    LogClient(logger, status, exception.Message);
                    break;
                case StatusCodes.Status503ServiceUnavailable:
                    LogOutage(logger, exception.GetType().Name, exception.Message);
                    httpContext.Response.Headers.RetryAfter = 5.ToString(CultureInfo.InvariantCulture);
                    break;
                default:
                    LogBug(logger, exception);
                    break;
            }

            httpContext.Response.StatusCode = status;
            httpContext.Response.Headers.CacheControl = "no-store";
            return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext });
        }

        [LoggerMessage(1, LogLevel.Debug, "Answered {Status}: {Message}", EventName = "BadRequest")]
        private static partial void LogClient(ILogger logger, int status, string message);

        [LoggerMessage(2, LogLevel.Warning, "Answered 503: {Error}: {Message}", EventName = "DependencyAway")]
        private static partial void LogOutage(ILogger logger, string error, string message);

        [LoggerMessage(3, LogLevel.Error, "A request failed.", EventName = "RequestFailed")]
        private static partial void LogBug(ILogger logger, Exception exception);
    }
}
