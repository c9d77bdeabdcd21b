using System.Collections.Concurrent;
using System.Text.Json;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>
/// A service next to the edge: the real shared start (identity, check of callers, requests from the edge alone) around the generated gRPC
/// bases, on real sockets.
/// </summary>
public sealed class Peer : IAsyncDisposable
{
    private readonly string _name;
    private readonly Action<IServiceCollection> _services;
    private readonly Action<WebApplication> _map;
    private WebApplication? _app;

    private Peer(string name, Action<IServiceCollection> services, Action<WebApplication> map)
    {
        _name = name;
        _services = services;
        _map = map;
    }

    public int HttpPort { get; } = FreePort.Next();

    public int GrpcPort { get; } = FreePort.Next();

    public ConcurrentQueue<(Received Request, EdgeRequest Edge)> Received { get; } = new();

    public static async Task<Peer> StartAsync(string name, Action<IServiceCollection> services, Action<WebApplication> map)
    {
        var peer = new Peer(name, services, map);
        await peer.StartAsync();
        return peer;
    }

    public IEnumerable<KeyValuePair<string, string?>> Addresses() =>
    [
        new($"services:{_name}:http:0", $"http://127.0.0.1:{HttpPort}"),
        new($"services:{_name}:grpc:0", $"http://127.0.0.1:{GrpcPort}"),
    ];

    /// <summary>Starts it (again) on its ports.</summary>
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(IdentityFiles.Settings(_name));
        builder.Configuration.AddInMemoryCollection(
        [
            new("Kestrel:Endpoints:http:Url", $"http://127.0.0.1:{HttpPort}"),
            new("Kestrel:Endpoints:grpc:Url", $"http://127.0.0.1:{GrpcPort}"),
            new("Kestrel:Endpoints:grpc:Protocols", "Http2"),
        ]);
        builder.AddServiceDefaults(_name);
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        _services(builder.Services);
        _app = builder.Build();
        _app.MapDefaultEndpoints();
        _app.UseEdgeRequests();
        _map(_app);
        _app.MapFallback("{**path}", AnswerAsync);
        await _app.StartAsync();
        await Eventually.Async(async () =>
        {
            using var client = new HttpClient();
            return (await client.GetAsync($"http://127.0.0.1:{HttpPort}/health")).IsSuccessStatusCode;
        });
    }

    /// <summary>Takes it down at once, as a crash would.</summary>
    public async Task StopAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        // What the edge lets through is its own matter.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var headers = context.Request.Headers.SelectMany(header => header.Value.Select(value => (header.Key, value ?? ""))).ToList();
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        Received.Enqueue((new Received(context.Request.Method, target, headers, body, context.Connection.Id), context.Features.GetRequiredFeature<EdgeRequest>()));
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(JsonSerializer.Serialize(new { service = _name, target }));
    }
}
