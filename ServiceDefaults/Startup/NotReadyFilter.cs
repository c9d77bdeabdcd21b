using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using ManagedOAuth.ServiceDefaults.Health;

namespace ManagedOAuth.ServiceDefaults.Startup;

/// <summary>
/// Until the start-up steps are done everything but health is answered 503: a handler must not run into half a schema.
/// (gRPC clients read the 503 as UNAVAILABLE and turn to another replica.)
/// </summary>
internal sealed class NotReadyFilter(StartupGate gate) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, following) =>
        {
            if (gate.IsOpen || HealthExtensions.IsHealthRequest(context))
            {
                return following(context);
            }

            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
            context.Response.Headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        next(app);
    };
}
