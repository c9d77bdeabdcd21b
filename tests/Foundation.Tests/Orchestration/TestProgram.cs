using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

/// <summary>What tests start as processes: a small service, a host with PostgreSQL, Redis and two replicas of that service, or a messaging node.</summary>
internal static class TestProgram
{
    public static Task Main(string[] args) => args.FirstOrDefault() switch
    {
        "service" => RunServiceAsync(),
        "host" => RunHostAsync(args[1]),
        "messaging-node" => Messaging.NodeProgram.RunAsync(),
        var other => throw new ArgumentException($"Unknown part '{other}'."),
    };

    /// <summary>Answers on /health, tells its environment, ends with code 3 on request, and notes its end in the file that TRACE names.</summary>
    private static async Task RunServiceAsync()
    {
        var name = Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME");
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        await using var app = builder.Build();
        app.MapGet("/health", () => Environment.GetEnvironmentVariable("UNHEALTHY_UNTIL") is { } file && !File.Exists(file) ? Results.StatusCode(503) : Results.Ok());
        app.MapGet("/environment", () => Environment.GetEnvironmentVariables().Keys.Cast<string>().ToDictionary(key => key, Environment.GetEnvironmentVariable));
        app.MapPost("/crash", () => Environment.Exit(3));
        Console.WriteLine($"service {name} starts");
        await app.RunAsync();
        if (Environment.GetEnvironmentVariable("TRACE") is { } trace)
        {
            await File.AppendAllLinesAsync(trace, [$"{name} ended"]);
        }
    }

    /// <summary>Prints "ready" and the ids of all processes when everything is healthy, then runs until it is stopped.</summary>
    private static async Task RunHostAsync(string folder)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { StateDirectory = folder });
        var postgres = builder.AddPostgres("postgres").WithDataBindMount(Path.Combine(folder, "postgres"));
        var database = postgres.AddDatabase("main");
        var redis = builder.AddRedis("redis").WithDataBindMount(Path.Combine(folder, "redis"));
        builder.AddProject("service", "Foundation.Tests.csproj").WithArgs("service").WithReplicas(2).WithHttpEndpoint().WithHttpHealthCheck("/health")
            .WithReference(database).WithReference(redis).WaitFor(database).WaitFor(redis);
        var app = builder.Build();
        var resources = app.ResourceNotifications;
        var run = app.RunAsync();
        var ready = resources.WaitForResourceHealthyAsync("service");
        if (await Task.WhenAny(run, ready) == ready)
        {
            var ids = resources.Current.Where(snapshot => snapshot.ProcessId is not null).Select(snapshot => snapshot.ProcessId!.Value.ToString(CultureInfo.InvariantCulture));
            Console.WriteLine("ready " + string.Join(' ', ids));
        }
        await run;
    }
}
