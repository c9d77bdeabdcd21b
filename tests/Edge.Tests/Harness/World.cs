using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>
/// One edge with everything around it, shared by the tests on real sockets: peers, an origin, and the applications of the attack list
/// (<c>a.test</c>, <c>b.test</c>: Managed OAuth on; <c>n.test</c>: off; <c>s.test</c>: paths and Bypass).
/// </summary>
public sealed class World : IAsyncLifetime
{
    public const string TeamOrigin = "http://localhost:8702";
    public const string DashboardOrigin = "http://localhost:8703";
    private EdgeProcess? _edge;
    private Origin? _origin;

    public ConfigurationState Configuration { get; } = new();

    public TokenState Tokens { get; } = new();

    public UpstreamState Upstreams { get; } = new();

    public PortalLogState PortalLog { get; } = new();

    public ReadingsState Readings { get; } = new();

    /// <summary>Requests that the edge has told to have refused.</summary>
    public RefusalLogState Refusals { get; } = new();

    public Peer Config { get; private set; } = null!;

    public Peer Token { get; private set; } = null!;

    public Peer AuthorizationServer { get; private set; } = null!;

    public Origin Origin => _origin!;

    public int Port => Edge.Port;

    public Application A { get; private set; } = null!;

    public Application B { get; private set; } = null!;

    public Application N { get; private set; } = null!;

    public ServiceToken Machine { get; private set; } = null!;

    public string MachineSecret { get; } = "mo_st_" + Convert.ToHexString(RandomNumberGenerator.GetBytes(20));

    internal EdgeProcess Edge => _edge!;

    public async Task InitializeAsync()
    {
        _origin = await Harness.Origin.StartAsync();
        Seed();
        Config = await Peer.StartAsync("config", services => services.AddSingleton(Configuration).AddSingleton(PortalLog).AddSingleton(Readings).AddSingleton(Refusals), app =>
        {
            app.MapGrpcService<FeedServer>();
            app.MapGrpcService<PortalLogServer>();
            app.MapGrpcService<ReadingsServer>();
            app.MapGrpcService<RefusalLogServer>();
        });
        Token = await Peer.StartAsync("token", services => services.AddSingleton(Tokens).AddSingleton(Configuration), app =>
        {
            app.MapGrpcService<SessionsServer>();
            app.MapGrpcService<GrantUsesServer>();
            app.MapGrpcService<RevocationServer>();
            app.MapGrpcService<KeysServer>();
        });
        AuthorizationServer = await Peer.StartAsync("authorization-server", services => services.AddSingleton(Upstreams), app => app.MapGrpcService<UpstreamServer>());
        _edge = await EdgeProcess.StartAsync([.. PeerAddresses(), .. await EdgeProcess.SharedRedisAsync(), new("Outbound:AllowedNetworks:0", "127.0.0.0/8"),

            // The tests have few users, and ask for a lot in their names.
            new("Edge:Portals:UserCallsPerMinute", "100000"), new("Edge:Portals:UserSessionsPerMinute", "100000")]);
        await KnowsAsync(A, B, N);
    }

    public async Task DisposeAsync()
    {
        await Edge.DisposeAsync();
        await AuthorizationServer.DisposeAsync();
        await Token.DisposeAsync();
        await Config.DisposeAsync();
        await Origin.DisposeAsync();
    }

    public IEnumerable<KeyValuePair<string, string?>> PeerAddresses()
        => [.. Config.Addresses(), .. Token.Addresses(), .. AuthorizationServer.Addresses()];

    /// <summary>Adds an application behind its own host, allowed to example.com, and waits until the edge serves it.</summary>
    public async Task<Application> AddAsync(string domain, Func<Application, Application>? change = null, params Policy[] policies)
    {
        var application = Create(domain, change, policies);
        await KnowsAsync(application);
        return application;
    }

    /// <summary>Publishes a changed application and waits until the edge has it.</summary>
    public async Task ChangeAsync(Application application)
    {
        Configuration.Put(application);
        var version = Configuration.Changes.Count;
        await Eventually.Async(() => Edge.Get<RouteTableSource>().Current?.Snapshot.Position >= version);
    }

    /// <summary>Waits until the edge knows applications and their keys.</summary>
    public async Task KnowsAsync(params Application[] applications)
    {
        var position = Configuration.Changes.Count;
        await Eventually.Async(() => Edge.Get<RouteTableSource>().Current?.Snapshot.Position >= position
            && applications.All(application => Edge.Get<KeyRing>().Current.SealingKeys.Values.Any(key => key.ApplicationId == application.Id)));
    }

    public static Policy Allow(params Rule[] include) => PolicyOf(PolicyAction.Allow, include);

    public static Policy PolicyOf(PolicyAction action, params Rule[] include) => new() { Id = Guid.NewGuid(), Name = $"{action}", Decision = action, Include = include };

    /// <summary>A GET with the given header lines.</summary>
    public Task<RawResponse?> GetAsync(string host, string target, params string[] headers) => SendAsync("GET", host, target, headers);

    public Task<RawResponse?> SendAsync(string method, string host, string target, params string[] headers)
        => RawConnection.ExchangeAsync(Port, Head(method, host, target, headers));

    public static string Head(string method, string host, string target, params string[] headers)
        => $"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";

    public static string Bearer(string token) => $"Authorization: Bearer {token}";

    private void Seed()
    {
        Configuration.Put(new Organization { Id = Guid.NewGuid(), Name = "test", AuthDomain = TeamOrigin });
        A = Create("a.test");
        B = Create("b.test");
        N = Create("n.test", application => application with { OauthConfiguration = null });
        Machine = new ServiceToken
        {
            Id = Guid.NewGuid(),
            Name = "machine",
            ClientId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) + ".access",
            SecretHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(MachineSecret))),
        };
        Configuration.Put(Machine);
    }

    private Application Create(string domain, Func<Application, Application>? change = null, params Policy[] policies)
    {
        if (policies.Length == 0)
        {
            policies = [Allow(new Rule.EmailDomain("example.com"))];
        }

        foreach (var policy in policies)
        {
            Configuration.Put(policy);
        }

        var application = new Application
        {
            Id = Guid.NewGuid(),
            Aud = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            Name = domain,
            Domain = domain,
            OauthConfiguration = new OAuthConfiguration(),
            Origin = new Contracts.Configuration.Origin { Url = Origin.Url },
            Policies = [.. policies.Select((policy, index) => new PolicyReference(policy.Id, index + 1))],
            CreatedAt = DateTimeOffset.UtcNow,
        };
        application = change?.Invoke(application) ?? application;
        Tokens.AddKey(application.Id);
        Configuration.Put(application);
        return application;
    }
}

[CollectionDefinition(Name)]
public sealed class WorldCollection : ICollectionFixture<World>
{
    public const string Name = "world";
}
