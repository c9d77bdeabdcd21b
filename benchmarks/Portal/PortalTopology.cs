using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Benchmarks.Portal;

/// <summary>An edge process with a portal over 40 servers, all of which one small MCP server stands for.</summary>
internal sealed class PortalTopology : IAsyncDisposable
{
    public const int Servers = 40;
    public const int ToolsPerServer = 25;
    public const string Host = "portal.test";
    private static readonly string[] s_required = ["query"];
    private readonly List<IAsyncDisposable> _parts = [];
    private readonly int _port = FreePort.Next();
    private readonly int _upstream = FreePort.Next();
    private readonly TokenState _tokens = new();
    private Application _portal = null!;
    private Process _edge = null!;

    public Uri Direct => new($"http://127.0.0.1:{_upstream}/mcp");

    public Uri Through => new($"http://127.0.0.1:{_port}/mcp");

    public static async Task<PortalTopology> StartAsync()
    {
        var topology = new PortalTopology();
        await topology.StartUpstreamAsync();
        var configuration = new ConfigurationState();
        topology.Seed(configuration);
        var config = await Peer.StartAsync("config", services => services.AddSingleton(configuration).AddSingleton(new PortalLogState()), app =>
        {
            app.MapGrpcService<FeedServer>();
            app.MapGrpcService<PortalLogServer>();
        });
        var token = await Peer.StartAsync("token", services => services.AddSingleton(topology._tokens).AddSingleton(configuration), app =>
        {
            app.MapGrpcService<SessionsServer>();
            app.MapGrpcService<RevocationServer>();
            app.MapGrpcService<KeysServer>();
        });
        topology._parts.AddRange([config, token]);
        await topology.StartEdgeAsync([.. config.Addresses(), .. token.Addresses(), new("ConnectionStrings:redis", await RedisServer.ConnectionStringAsync())]);
        return topology;
    }

    /// <summary>A token that lets one user in.</summary>
    public string Token() => _tokens.AccessToken(_portal, end: DateTimeOffset.UtcNow.AddHours(12));

    public long ResidentMegabytes()
    {
        _edge.Refresh();
        return _edge.WorkingSet64 >> 20;
    }

    public async ValueTask DisposeAsync()
    {
        _edge.Kill();
        await _edge.WaitForExitAsync();
        _edge.Dispose();
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }
    }

    // As little as a server can do, so that the difference is the portal's.
    private async Task StartUpstreamAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _upstream));
        var app = builder.Build();
        app.MapPost("/mcp", async (HttpContext context, CancellationToken cancellation) =>
        {
            using var message = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(
                $"{{\"jsonrpc\":\"2.0\",\"id\":{message.RootElement.GetProperty("id").GetRawText()},\"result\":{{\"content\":[{{\"type\":\"text\",\"text\":\"hello\"}}],\"resultType\":\"complete\"}}}}",
                cancellation);
        });
        await app.StartAsync();
        _parts.Add(app);
    }

    private void Seed(ConfigurationState configuration)
    {
        configuration.Put(new Organization { Id = Guid.NewGuid(), Name = "benchmark", AuthDomain = _tokens.Issuer });
        var allow = new Policy { Id = Guid.NewGuid(), Name = "allow", Decision = PolicyAction.Allow, Include = [new Rule.EmailDomain("example.com")] };
        configuration.Put(allow);
        _portal = Application(Host, allow) with { Type = ApplicationType.McpPortal, OauthConfiguration = new OAuthConfiguration() };
        _tokens.AddKey(_portal.Id);
        configuration.Put(_portal);
        var servers = new List<McpPortalServer>();
        for (var number = 0; number < Servers; number++)
        {
            var record = new McpServer { Id = Guid.NewGuid(), ServerId = $"s{number}", Name = $"Server {number}", Hostname = Direct.AbsoluteUri, AuthType = McpAuthType.Unauthenticated };
            configuration.Put(record);
            configuration.Put(new McpCatalog
            {
                Id = McpCatalog.IdOf(record.Id),
                ServerId = record.ServerId,
                ProtocolVersion = "2026-07-28",
                Tools = [.. Enumerable.Range(0, ToolsPerServer).Select(tool => Define($"tool_{tool}"))],
            });
            configuration.Put(Application("", allow) with { Type = ApplicationType.Mcp, Destinations = [new Destination("via_mcp_server_portal", "") { McpServerId = record.ServerId }] });
            servers.Add(new McpPortalServer { ServerId = record.ServerId });
        }

        configuration.Put(new McpPortal { Id = Guid.NewGuid(), PortalId = "bench", Name = "Benchmark", Hostname = Host, ApplicationId = _portal.Id, Servers = servers });
    }

    private static McpDefinition Define(string name) => new()
    {
        Name = name,
        Hash = "",
        Definition = JsonSerializer.SerializeToElement(new
        {
            name,
            description = "Looks something up and returns what it found, as a list of entries with their names and dates.",
            inputSchema = new { type = "object", properties = new { query = new { type = "string", description = "What to look for." }, limit = new { type = "integer" } }, required = s_required },
        }),
    };

    private static Application Application(string domain, Policy policy) => new()
    {
        Id = Guid.NewGuid(),
        Aud = Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N"),
        Name = domain,
        Domain = domain,
        Policies = [new PolicyReference(policy.Id, 1)],
    };

    private async Task StartEdgeAsync(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var edge = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../services/Edge/bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0/ManagedOAuth.Edge.dll"));
        var healthPort = FreePort.Next();
        var start = new ProcessStartInfo("dotnet", [edge]) { WorkingDirectory = Path.GetDirectoryName(edge)! };
        foreach (var (key, value) in settings.Concat(IdentityFiles.Settings("edge")).Concat(
        [
            new("Kestrel:Endpoints:http:Url", $"http://127.0.0.1:{healthPort}"),
            new("Edge:Listen:0", $"http://127.0.0.1:{_port}"),
            new("Edge:TeamDomain", "http://localhost:8702"),
            new("Edge:DashboardDomain", "http://localhost:8703"),
            new("Outbound:AllowedNetworks:0", "127.0.0.0/8"),
            new("Edge:Portals:UserCallsPerMinute", "10000000"),
            new("Edge:Portals:UserSessionsPerMinute", "10000000"),
            new("Edge:Portals:UserCallsPerServerAndMinute", "10000000"),
            new("Edge:Portals:UserCallsPerToolAndMinute", "10000000"),
            new("Edge:Portals:ServerCallsPerMinute", "10000000"),
        ]))
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        _edge = Process.Start(start)!;
        using var client = new HttpClient();
        await Eventually.Async(async () => (await client.GetAsync($"http://127.0.0.1:{healthPort}/health")).IsSuccessStatusCode);
    }
}
