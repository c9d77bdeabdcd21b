using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ManagedOAuth.ServiceDefaults.Tests;

/// <summary>A service process in miniature: real Kestrel with the two endpoints that a service has.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private TestService(WebApplication app, int http, int grpc)
    {
        App = app;
        HttpPort = http;
        GrpcPort = grpc;
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{http}"),
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public WebApplication App { get; }

    public int HttpPort { get; }

    public int GrpcPort { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => App.Services;

    public string GrpcAddress => $"http://127.0.0.1:{GrpcPort}";

    public static async Task<TestService> StartAsync(
        string name, ServiceKeys keys, Action<WebApplicationBuilder>? build = null, Action<WebApplication>? map = null,
        IReadOnlyDictionary<string, string?>? settings = null, int? grpcPort = null, bool mapDefaults = true)
    {
        var (app, http, grpc) = Build(name, keys, build, map, settings, grpcPort, mapDefaults);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new TestService(app, http, grpc);
    }

    private static (WebApplication App, int Http, int Grpc) Build(
        string name, ServiceKeys keys, Action<WebApplicationBuilder>? build, Action<WebApplication>? map,
        IReadOnlyDictionary<string, string?>? settings, int? grpcPort, bool mapDefaults)
    {
        var (http, grpc) = (FreePort.Next(), grpcPort ?? FreePort.Next());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(keys.SettingsFor(name));
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:http:Url"] = $"http://127.0.0.1:{http}",
            ["Kestrel:Endpoints:grpc:Url"] = $"http://127.0.0.1:{grpc}",
            ["Kestrel:Endpoints:grpc:Protocols"] = "Http2",

            // A machine that stands still for some seconds is no outage here: tests that are about these times set their own.
            ["Redis:OperationDeadline"] = "00:00:30",
            ["ServiceCalls:Deadline"] = "00:01:00",
        });
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        builder.AddServiceDefaults(name);
        build?.Invoke(builder);
        var app = builder.Build();
        if (mapDefaults)
        {
            app.MapDefaultEndpoints();
        }

        map?.Invoke(app);
        return (app, http, grpc);
    }

    public async Task<bool> IsReadyAsync() => (await Client.GetAsync(new Uri("/health", UriKind.Relative))).IsSuccessStatusCode;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await App.StopAsync(deadline.Token);
        await App.DisposeAsync();
    }
}
