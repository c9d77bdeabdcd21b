using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>The edge as Program.cs starts it, in this process, on real sockets.</summary>
internal sealed class EdgeProcess : IAsyncDisposable
{
    private EdgeProcess(WebApplication app, int port, int healthPort)
    {
        App = app;
        Port = port;
        HealthPort = healthPort;
    }

    public WebApplication App { get; }

    public int Port { get; }

    public int HealthPort { get; }

    public IServiceProvider Services => App.Services;

    public static async Task<EdgeProcess> StartAsync(
        IEnumerable<KeyValuePair<string, string?>> settings, int? port = null, string scheme = "http", bool waitUntilReady = true, Action<ILoggingBuilder>? logging = null)
    {
        var (publicPort, healthPort) = (port ?? FreePort.Next(), FreePort.Next());
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(IdentityFiles.Settings("edge"));
        builder.Configuration.AddInMemoryCollection(
        [
            new("Kestrel:Endpoints:http:Url", $"http://127.0.0.1:{healthPort}"),
            new("Edge:Listen:0", $"{scheme}://localhost:{publicPort}"),
            new("Edge:TeamDomain", World.TeamOrigin),
            new("Edge:DashboardDomain", World.DashboardOrigin),

            // Nothing listens there: an edge without portals needs no Redis, and a test that does says so.
            new("ConnectionStrings:redis", "127.0.0.1:1"),

            // A machine that stands still for some seconds is no service that is away.
            new("ServiceCalls:Deadline", "00:01:00"),
            new("Edge:MintDeadline", "00:01:00"),
            new("Edge:Portals:TellingPatience", "00:01:00"),
        ]);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.AddServiceDefaults("edge");
        builder.Logging.ClearProviders().AddProvider(new SilentLogging());
        logging?.Invoke(builder.Logging);
        builder.AddEdge();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.RunPublicRequests();
        await app.StartAsync();
        var edge = new EdgeProcess(app, publicPort, healthPort);
        if (waitUntilReady)
        {
            await Eventually.Async(edge.IsReadyAsync);
        }

        return edge;
    }

    /// <summary>Settings with the Redis that all tests share. It does not go away: that the machine stands still for some seconds is no reason to do without it.</summary>
    public static async Task<IEnumerable<KeyValuePair<string, string?>>> SharedRedisAsync() =>
    [
        new("ConnectionStrings:redis", await RedisServer.ConnectionStringAsync()),
        new("Redis:OperationDeadline", "00:00:30"),
        new("Edge:Portals:CountingPatience", "00:00:30"),
    ];

    public async Task<bool> IsReadyAsync()
    {
        using var client = new HttpClient();
        return (await client.GetAsync($"http://127.0.0.1:{HealthPort}/health")).IsSuccessStatusCode;
    }

    public T Get<T>()
        where T : notnull
        => Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await App.StopAsync(soon.Token);
        await App.DisposeAsync();
    }
}
