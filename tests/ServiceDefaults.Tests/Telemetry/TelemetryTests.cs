using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;

namespace ManagedOAuth.ServiceDefaults.Tests.Telemetry;

public class TelemetryTests
{
    private const string Secret = "mo_rt_canary0123456789abcdef";
    private static readonly ServiceKeys s_keys = new("token");
    private static readonly ActivitySource s_source = new("ManagedOAuth.Test");

    [Fact]
    public async Task WithoutEndpoint_NothingOfTheSdkIsLoaded()
    {
        await using var service = await TestService.StartAsync("token", s_keys);
        Assert.Null(service.Services.GetService<OpenTelemetrySdk>());
    }

    [Fact]
    public async Task Export_TracesLogsMetrics_ArriveWithoutSecretsAndQueries()
    {
        await using var collector = await Collector.StartAsync();
        await using (var service = await StartAsync(collector))
        {
            using var response = await service.Client.GetAsync(new Uri("/items/7?code=canary-query", UriKind.Relative));
            response.EnsureSuccessStatusCode();
        }

        // The stop waits for the last export, but not for long.
        await Eventually.Passes(() =>
        {
            var traces = collector.TextOf("/v1/traces");
            Assert.Contains("GET /items/{id}", traces, StringComparison.Ordinal);
            Assert.Contains("http.response.status_code", traces, StringComparison.Ordinal);
            Assert.Contains("inner work", traces, StringComparison.Ordinal);
            var logs = collector.TextOf("/v1/logs");
            Assert.Contains("Served item 7 with mo_rt_[redacted]", logs, StringComparison.Ordinal);
            Assert.Contains("exception.stacktrace", logs, StringComparison.Ordinal);
            Assert.Contains("http.server.request.duration", collector.TextOf("/v1/metrics"), StringComparison.Ordinal);
            return Task.CompletedTask;
        });

        var everything = collector.TextOf("/v1/traces") + collector.TextOf("/v1/logs") + collector.TextOf("/v1/metrics");
        Assert.Contains("test-service-name", everything, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", everything, StringComparison.Ordinal);
    }

    private static async Task<TestService> StartAsync(Collector collector)
    {
        var service = await TestService.StartAsync("token", s_keys, map: app => app.MapGet("/items/{id}", (string id, ILogger<TelemetryTests> logger) =>
        {
            using (var activity = s_source.StartActivity("inner work"))
            {
                activity?.SetTag("token", Secret);
                activity?.SetTag("url.query", "code=canary-query");
                activity?.SetTag("url.full", "http://x/?code=canary-query");
            }

            using (var activity = s_source.StartActivity("with an event"))
            {
                activity?.AddEvent(new ActivityEvent("e", tags: new ActivityTagsCollection { ["token"] = Secret }));
            }

            logger.LogWarning(new InvalidOperationException($"failed with {Secret}"), "Served item {Item} with {Token}", id, Secret);
            return Results.Ok();
        }), settings: new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "test-service-name",
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Information",
        });
        await Eventually.Async(service.IsReadyAsync);
        return service;
    }

    /// <summary>An OTLP/HTTP collector that keeps the bytes it is sent; strings stand in protobuf as they are.</summary>
    private sealed class Collector(WebApplication app, ConcurrentQueue<(string Path, string Body)> received) : IAsyncDisposable
    {
        public string Address => app.Urls.Single();

        public static async Task<Collector> StartAsync()
        {
            var received = new ConcurrentQueue<(string, string)>();
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            app.Run(async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                received.Enqueue((context.Request.Path.Value!, Encoding.UTF8.GetString(body.ToArray())));
            });
            await app.StartAsync();
            return new Collector(app, received);
        }

        public string TextOf(string path) => string.Concat(received.Where(r => r.Path == path).Select(r => r.Body));

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
