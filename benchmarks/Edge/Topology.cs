using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Benchmarks.Edge;

/// <summary>An edge process with its feeds and one origin behind two applications.</summary>
internal sealed partial class Topology : IAsyncDisposable
{
    private const int Connections = 32;
    private const string Body = "{\"orders\":[{\"id\":1,\"item\":\"tea\",\"amount\":2},{\"id\":2,\"item\":\"coffee\",\"amount\":1}],\"total\":2}";
    private readonly List<IAsyncDisposable> _parts = [];
    private MeasuredEdge _edge = null!;

    public Target Bypass { get; private set; } = null!;

    public Target Managed { get; private set; } = null!;

    public static async Task<Topology> StartAsync(string edge)
    {
        var topology = new Topology();
        var originPort = await topology.StartOriginAsync();
        var (configuration, tokens) = (new ConfigurationState(), new TokenState());
        topology.Seed(configuration, tokens, originPort);
        var config = await Peer.StartAsync("config", services => services.AddSingleton(configuration), app => app.MapGrpcService<FeedServer>());
        var token = await Peer.StartAsync("token", services => services.AddSingleton(tokens).AddSingleton(configuration), app =>
        {
            app.MapGrpcService<SessionsServer>();
            app.MapGrpcService<RevocationServer>();
            app.MapGrpcService<KeysServer>();
        });
        topology._parts.AddRange([config, token]);

        // Nothing listens at this Redis: only portals use it.
        topology._edge = await MeasuredEdge.StartAsync(edge, [.. config.Addresses(), .. token.Addresses(), new("ConnectionStrings:redis", "127.0.0.1:1")]);
        return topology;
    }

    /// <summary>Runs the load generator and reads the CPU time of the edge's process around it.</summary>
    public async Task<Measurement> MeasureAsync(Target target, int seconds)
    {
        var before = _edge.CpuTime();
        var output = await RunAsync("wrk", ["-t1", $"-c{Connections}", $"-d{seconds}s", "-H", $"Host: {target.Host}", .. target.Headers.SelectMany(header => new[] { "-H", header }), $"http://127.0.0.1:{_edge.Port}/orders"]);
        var used = _edge.CpuTime() - before;
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"A run with errors says nothing:\n{output}");
        }

        var requests = long.Parse(Requests().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        return new Measurement(requests, used, TimeSpan.FromSeconds(seconds));
    }

    public long ResidentMegabytes() => _edge.ResidentMegabytes();

    public async ValueTask DisposeAsync()
    {
        await _edge.DisposeAsync();
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }
    }

    private async Task<int> StartOriginAsync()
    {
        var port = FreePort.Next();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Body.Length;
            return context.Response.WriteAsync(Body);
        });
        await app.StartAsync();
        _parts.Add(app);
        return port;
    }

    private void Seed(ConfigurationState configuration, TokenState tokens, int originPort)
    {
        configuration.Put(new Organization { Id = Guid.NewGuid(), Name = "benchmark", AuthDomain = tokens.Issuer });
        var open = new Policy { Id = Guid.NewGuid(), Name = "open", Decision = PolicyAction.Bypass, Include = [new Rule.Everyone()] };
        var allow = new Policy { Id = Guid.NewGuid(), Name = "allow", Decision = PolicyAction.Allow, Include = [new Rule.EmailDomain("example.com")] };
        configuration.Put(open);
        configuration.Put(allow);
        var bypass = Application("bypass.test", open, originPort);
        var managed = Application("managed.test", allow, originPort) with { OauthConfiguration = new OAuthConfiguration() };
        foreach (var application in new[] { bypass, managed })
        {
            tokens.AddKey(application.Id);
            configuration.Put(application);
        }

        Bypass = new Target(bypass.Domain, []);
        Managed = new Target(managed.Domain, [$"Authorization: Bearer {tokens.AccessToken(managed, end: DateTimeOffset.UtcNow.AddHours(12))}"]);
    }

    private static Application Application(string domain, Policy policy, int originPort) => new()
    {
        Id = Guid.NewGuid(),
        Aud = Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N"),
        Name = domain,
        Domain = domain,
        Origin = new Origin { Url = $"http://127.0.0.1:{originPort}" },
        Policies = [new PolicyReference(policy.Id, 1)],
    };

    private static async Task<string> RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed:\n{output}");
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();
}
