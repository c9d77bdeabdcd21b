using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.Logging;

internal static class LoggingExtensions
{
    /// <summary>One console, redacted; the framework's own chatter (which quotes request targets) at warnings only.</summary>
    public static void AddServiceLogging(this IHostApplicationBuilder builder)
    {
        // The default providers (debug, event source) would write what our formatter has not seen.
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(o => o.FormatterName = ServiceConsoleFormatter.FormatterName);
        builder.Logging.AddConsoleFormatter<ServiceConsoleFormatter, ServiceConsoleOptions>();
        builder.Services.Configure<ServiceConsoleOptions>(builder.Configuration.GetSection("Logging:Console"));

        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);

        // One error per poll of /health while a dependency is away; the answer says it already.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);

        // "Request starting GET /authorize?..." quotes the query string: codes, states, login hints. Named in full so that
        // an operator who turns "Microsoft.AspNetCore" up to Information still does not get it. The level is Warning and not
        // None, because the host makes the request's Activity (our correlation id) only while this logger is enabled.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
    }
}
