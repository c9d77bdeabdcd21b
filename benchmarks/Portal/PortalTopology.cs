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

    /// <summary>The server at which each user has an account of their own; the others ask for none.</summary>
    public const string OwnAccounts = "s39";

    private static readonly string[] s_required = ["query"];
    private readonly List<IAsyncDisposable> _parts = [];
    private readonly int _upstream = FreePort.Next();
    private readonly TokenState _tokens = new();
    private readonly UpstreamState _logins = new();
    private Application _portal = null!;
    private MeasuredEdge _edge = null!;
    private Guid _own;

    public Uri Direct => new($"http://127.0.0.1:{_upstream}/mcp");

    public Uri Through => new($"http://127.0.0.1:{_edge.Port}/mcp");

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
        var logins = await Peer.StartAsync("authorization-server", services => services.AddSingleton(topology._logins), app => app.MapGrpcService<UpstreamServer>());
        topology._parts.AddRange([config, token, logins]);
        topology._edge = await MeasuredEdge.StartAsync(
            MeasuredEdge.Built(),
            [
                .. config.Addresses(), .. token.Addresses(), .. logins.Addresses(),
                new("ConnectionStrings:redis", await RedisServer.ConnectionStringAsync()),
                new("Outbound:AllowedNetworks:0", "127.0.0.0/8"),
                new("Edge:Portals:UserCallsPerMinute", "10000000"),
                new("Edge:Portals:UserSessionsPerMinute", "10000000"),
                new("Edge:Portals:UserCallsPerServerAndMinute", "10000000"),
                new("Edge:Portals:UserCallsPerToolAndMinute", "10000000"),
                new("Edge:Portals:ServerCallsPerMinute", "10000000"),
                new("Edge:Portals:StreamsPerUser", "10000"),
            ]);
        return topology;
    }

    /// <summary>A token that lets one user in.</summary>
    public string Token() => _tokens.AccessToken(_portal, end: DateTimeOffset.UtcNow.AddHours(12));

    /// <summary>Tokens of several users, each with a login of their own at the server of <see cref="OwnAccounts"/>.</summary>
    public IReadOnlyList<string> UsersWithLogins(int count) => [.. Enumerable.Range(0, count).Select(number =>
    {
        var (user, grant, email, end) = (Guid.NewGuid(), Guid.NewGuid(), $"user{number}@example.com", DateTimeOffset.UtcNow.AddHours(12));
        var key = (_own, user.ToString());
        (_logins.Tokens[key], _logins.Logins[key]) = ($"credential-of-{number}", $"login-{number}");
        return _tokens.AccessToken(_portal, grant, email, end: end, change: payload => payload with
        {
            Assertion = _tokens.Assertion(_portal, grant, email, end, change: claims => claims["sub"] = user.ToString()),
        });
    })];

    public long ResidentMegabytes() => _edge.ResidentMegabytes();

    public TimeSpan CpuTime() => _edge.CpuTime();

    public async ValueTask DisposeAsync()
    {
        await _edge.DisposeAsync();
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
            if (record.ServerId == OwnAccounts)
            {
                record = record with { AuthType = McpAuthType.Oauth };
                _own = record.Id;
            }

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
}
