using ManagedOAuth.ServiceDefaults;
using ManagedOAuth.ServiceDefaults.Health;
using ManagedOAuth.ServiceDefaults.Http;
using ManagedOAuth.ServiceDefaults.Logging;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

/// <summary>The two lines that every service's Program.cs has in common.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>
    /// Adds what every service shares: clock, logging, telemetry, health, limits, problem details, its own identity and
    /// the check of its callers.
    /// </summary>
    /// <param name="builder">The service's builder.</param>
    /// <param name="service">
    /// The service's name in the topology: <c>config</c>, <c>authorization-server</c>, <c>token</c> or <c>edge</c>.
    /// It is the audience of credentials sent to it and the issuer of those it sends.
    /// </param>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, string service)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(service);

        StartupRefusals.ReportPlainly();
        builder.Services.AddSingleton(new ServiceName(service));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddServiceLogging();
        builder.AddServiceTelemetry(service);
        builder.AddServerLimits();
        builder.AddPrivateEndpoint();
        builder.Services.AddProblemResponses();
        builder.Services.AddStartupSteps();
        builder.Services.AddDefaultHealthChecks();
        builder.AddServiceIdentity();
        return builder;
    }

    /// <summary>
    /// Answers <c>/health</c> and <c>/alive</c> on the private endpoint, and hands the mapped endpoints to the start-up
    /// check that refuses a gRPC method without <see cref="AllowedCallersAttribute"/>. Call it before anything that
    /// answers every path; a service that does not call it refuses to start.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseDefaultHealthEndpoints();
        app.Services.GetRequiredService<MappedEndpoints>().Routes = app;
        return app;
    }
}
