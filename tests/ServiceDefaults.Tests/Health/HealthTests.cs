using System.Net;
using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.ServiceDefaults.Tests.Health;

public class HealthTests
{
    private static readonly ServiceKeys s_keys = new("token");

    [Fact]
    public async Task Health_OnPrivateEndpoint_AnswersStatesOnly()
    {
        await using var service = await TestService.StartAsync("token", s_keys);
        await Eventually.Async(service.IsReadyAsync);
        Assert.Equal(
            """{"status":"Healthy","checks":{"self":"Healthy","startup":"Healthy"}}""",
            await service.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
    }

    [Fact]
    public async Task Health_OnAnotherEndpoint_BelongsToTheApplication()
    {
        var port = FreePort.Next();
        await using var service = await TestService.StartAsync(
            "token", s_keys,
            map: app => app.Run(context => context.Response.WriteAsync("application")),
            settings: new Dictionary<string, string?> { ["Kestrel:Endpoints:public:Url"] = $"http://127.0.0.1:{port}" });
        await Eventually.Async(service.IsReadyAsync);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/health");
        request.Headers.Host = $"127.0.0.1:{service.HttpPort}"; // what the client says about the address is not believed
        using var response = await client.SendAsync(request);
        Assert.Equal("application", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Health_StepFailing_IsNotReadyButAlive_AndRequestsWait()
    {
        var step = new Step { Fails = true };
        await using var service = await TestService.StartAsync(
            "token", s_keys,
            build: builder => builder.Services.AddSingleton<IStartupStep>(step),
            map: app => app.MapGet("/", () => "served"));
        await Eventually.Async(() => step.Attempts >= 2);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await service.Client.GetAsync(new Uri("/health", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync(new Uri("/alive", UriKind.Relative))).StatusCode);
        var early = await service.Client.GetAsync(new Uri("/", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        Assert.NotNull(early.Headers.RetryAfter);

        step.Fails = false;
        await Eventually.Async(service.IsReadyAsync);
        Assert.Equal("served", await service.Client.GetStringAsync(new Uri("/", UriKind.Relative)));
    }

    [Fact]
    public async Task Responses_CarryNoServerHeader()
    {
        await using var service = await TestService.StartAsync("token", s_keys);
        var response = await service.Client.GetAsync(new Uri("/alive", UriKind.Relative));
        Assert.False(response.Headers.Contains("Server"));
    }

    private sealed class Step : IStartupStep
    {
        private int _attempts;

        public bool Fails { get; set; }

        public int Attempts => Volatile.Read(ref _attempts);

        public string Name => "test";

        public Task RunAsync(CancellationToken cancellation)
        {
            Interlocked.Increment(ref _attempts);
            return Fails ? throw new InvalidOperationException("not yet") : Task.CompletedTask;
        }
    }
}
