using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ManagedOAuth.ServiceDefaults.Telemetry;

internal static class TelemetryExtensions
{
    private static readonly string[] s_sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "ManagedOAuth.*"];

    private static readonly string[] s_meters =
    [
        "Microsoft.AspNetCore.*", "System.Net.Http", "System.Net.NameResolution", "System.Runtime", "Npgsql", "Marten", "ManagedOAuth.*",
    ];

    /// <summary>
    /// Traces, metrics and logs to the collector named by <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>. Without that variable
    /// nothing of the SDK is loaded: no listener, no cost on any request.
    /// </summary>
    public static void AddServiceTelemetry(this IHostApplicationBuilder builder, string service)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        var name = builder.Configuration["OTEL_SERVICE_NAME"] ?? service;
        void Describe(ResourceBuilder resource) => resource.AddService(name).AddEnvironmentVariableDetector();

        builder.Services.AddSingleton(_ => OpenTelemetrySdk.Create(sdk =>
        {
            // The SDK has a container of its own; the exporter in it reads OTEL_* from the same configuration as we do.
            sdk.Services.AddSingleton<IConfiguration>(builder.Configuration);
            sdk.ConfigureResource(Describe)
                .WithTracing(tracing => tracing.AddSource(s_sources).AddProcessor(new SpanRedaction()))
                .WithMetrics(metrics => metrics.AddMeter(s_meters))
                .UseOtlpExporter();
        }));
        builder.Services.AddHostedService<SdkLifetime>();
        builder.Services.AddTransient<IStartupFilter, SpanNamesFilter>();

        builder.Logging.AddOpenTelemetry(logging =>
        {
            // Scopes stay out: they are collected by whoever calls BeginScope and no redaction sees them.
            logging.IncludeScopes = false;
            logging.IncludeFormattedMessage = true;
            var resource = ResourceBuilder.CreateDefault();
            Describe(resource);
            logging.SetResourceBuilder(resource);

            // Order matters: a processor sees the record before the exporter that is added after it.
            logging.AddProcessor(new LogRecordRedaction());
            logging.AddOtlpExporter();
        });
    }

    // Asking for the SDK builds it; the container disposes of it at the end, which flushes what is still queued.
    private sealed class SdkLifetime(OpenTelemetrySdk sdk) : IHostedService
    {
        private readonly OpenTelemetrySdk _sdk = sdk;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            _sdk.TracerProvider.ForceFlush(timeoutMilliseconds: 2000);
            return Task.CompletedTask;
        }
    }
}
