using System.Text.Json;
using ManagedOAuth.ServiceDefaults.Startup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ManagedOAuth.ServiceDefaults.Health;

internal static class HealthExtensions
{
    /// <summary>All checks: is this replica ready for work?</summary>
    public const string ReadyPath = "/health";

    /// <summary>Only the checks tagged "live": is this process worth keeping?</summary>
    public const string LivePath = "/alive";

    /// <summary>How long one check may take. A check that hangs is a failed check.</summary>
    public static readonly TimeSpan CheckDeadline = TimeSpan.FromSeconds(3);

    public static void AddDefaultHealthChecks(this IServiceCollection services)
    {
        // The gRPC health service reports the same checks, where a service maps it.
        services.AddGrpcHealthChecks()
            .AddCheck("self", () => HealthCheckResult.Healthy(), ["live"])
            .AddCheck<StartupHealthCheck>("startup", timeout: CheckDeadline);

    }

    public static void UseDefaultHealthEndpoints(this WebApplication app)
    {
        MapPrivate(app, ReadyPath, new HealthCheckOptions { ResponseWriter = WriteAsync });
        MapPrivate(app, LivePath, new HealthCheckOptions { ResponseWriter = WriteAsync, Predicate = c => c.Tags.Contains("live") });
    }

    /// <summary>Whether the request is one for health, on the private endpoint.</summary>
    public static bool IsHealthRequest(HttpContext context) =>
        context.Request.Path.Value is ReadyPath or LivePath && PrivateEndpoint.IsPrivate(context);

    // A branch and not an endpoint: on a public address the same path belongs to the application behind it.
    private static void MapPrivate(WebApplication app, string path, HealthCheckOptions options) =>
        app.MapWhen(
            context => context.Request.Path.Value == path && PrivateEndpoint.IsPrivate(context),
            branch => branch.UseHealthChecks(path, options));

    // Names and states only: a description or an exception may quote addresses, users, statements.
    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("status", report.Status.ToString());
            json.WriteStartObject("checks");
            foreach (var (name, entry) in report.Entries)
            {
                json.WriteString(name, entry.Status.ToString());
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
    }

    private sealed class StartupHealthCheck(StartupGate gate) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(gate.IsOpen ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("start-up steps are not done"));
    }
}
