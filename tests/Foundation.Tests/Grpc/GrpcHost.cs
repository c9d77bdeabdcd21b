using System.Collections.Concurrent;
using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Foundation.Tests.GrpcTests;

/// <summary>A server on a real socket with HTTP/2 alone, and a channel to it.</summary>
public sealed class GrpcHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private GrpcChannel? _channel;

    private GrpcHost(WebApplication app, RecordingLoggerProvider logs)
    {
        _app = app;
        Logs = logs;
    }

    public RecordingLoggerProvider Logs { get; }

    public string Address => _app.Urls.First();

    public IServiceProvider Services => _app.Services;

    /// <summary>Its calls may take a minute: a machine that stands still for some seconds is not what these tests are about.</summary>
    public GrpcChannel Channel => _channel ??= GrpcChannel.ForAddress(Address, new GrpcChannelOptions { DefaultDeadline = TimeSpan.FromMinutes(1) });

    public Tester.V1.Tester.TesterClient Client => new(Channel);

    /// <summary>Serves <see cref="TesterService"/> with the given handlers.</summary>
    public static Task<GrpcHost> StartAsync(
        TesterHandlers? handlers = null,
        Action<GrpcServiceOptions>? options = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null,
        int port = 0,
        HttpProtocols protocols = HttpProtocols.Http2,
        bool logging = true) => StartAsync(
            collection =>
            {
                collection.AddSingleton(handlers ?? new TesterHandlers());
                collection.AddGrpc(options ?? (_ => { }));
                services?.Invoke(collection);
            },
            app =>
            {
                app.MapGrpcService<TesterService>();
                map?.Invoke(app);
            },
            port,
            protocols,
            logging);

    /// <summary>A server that answers HTTP/2 requests as the test says, byte by byte.</summary>
    public static Task<GrpcHost> StartRawAsync(RequestDelegate answer) => StartAsync(_ => { }, app => app.Run(answer), 0, HttpProtocols.Http2);

    /// <summary>A raw server whose answer is headers, body and trailers.</summary>
    public static Task<GrpcHost> StartRawAsync(byte[][] chunks, params (string Name, string Value)[] trailers) => StartRawAsync(async http =>
    {
        http.Response.ContentType = "application/grpc";
        await http.Response.StartAsync();
        foreach (var chunk in chunks)
        {
            await http.Response.Body.WriteAsync(chunk);
            await http.Response.Body.FlushAsync();
        }

        foreach (var (name, value) in trailers)
        {
            http.Response.AppendTrailer(name, value);
        }
    });

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        await _app.DisposeAsync();
    }

    private static async Task<GrpcHost> StartAsync(Action<IServiceCollection> services, Action<WebApplication> map, int port, HttpProtocols protocols, bool logging = true)
    {
        var logs = new RecordingLoggerProvider();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (logging)
        {
            builder.Logging.AddProvider(logs);
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols));
        services(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return new GrpcHost(app, logs);
    }
}

/// <summary>Keeps what was logged.</summary>
public sealed class RecordingLoggerProvider : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = [];

    public IEnumerable<(LogLevel Level, string Text)> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        // Kestrel's complaint about a machine that stood still says nothing about calls.
        if (eventId.Name != "HeartbeatSlow")
        {
            _lines.Enqueue((logLevel, formatter(state, exception)));
        }
    }

    public void Dispose()
    {
    }
}
