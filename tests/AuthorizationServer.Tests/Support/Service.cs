using System.Security.Cryptography;
using Grpc.Net.Client;
using ManagedOAuth.AuthorizationServer.Hosting;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.AuthorizationServer.Tests.Support;

/// <summary>
/// The service as it runs: Kestrel on real ports, PostgreSQL, Redis, a mail server, and peers over gRPC. Applications: <see cref="Orders"/> (Managed
/// OAuth on), <see cref="Wiki"/> (on, other rules), <see cref="Plain"/> (off); whoever is @example.com may use them.
/// </summary>
public sealed class Service : IAsyncLifetime
{
    public const string Team = "http://localhost:8702";

    public static readonly Organization Organization = new() { Id = Guid.NewGuid(), Name = "Team", AuthDomain = Team };
    public static readonly IdentityProvider Pin = new() { Id = Guid.NewGuid(), Name = "PIN", Type = "onetimepin" };
    public static readonly Policy AllowExample = new() { Id = Guid.NewGuid(), Name = "Allow example.com", Decision = PolicyAction.Allow, Include = [new Rule.EmailDomain("example.com")] };

    public static readonly Application Orders = App("Orders API", "localhost:8700", new OAuthConfiguration
    {
        DynamicClientRegistration = new() { AllowAnyOnLocalhost = true, AllowAnyOnLoopback = true, AllowedUris = ["https://good.test/*", "com.example.app:/cb"] },
    });

    public static readonly Application Wiki = App("Wiki", "wiki.test", new OAuthConfiguration { DynamicClientRegistration = new() { AllowAnyOnLocalhost = true } });

    public static readonly Application Plain = App("Plain", "localhost:8704", null);

    private readonly string _keys = TemporaryFolder.Create("keys");
    private readonly Dictionary<string, string?> _settings;
    private WebApplication? _app;

    public Service()
        : this([])
    {
    }

    internal Service(Dictionary<string, string?> settings) => _settings = settings;

    internal Peers Peers { get; private set; } = null!;

    internal MailSink Mail { get; } = new();

    internal bool WaitsUntilReady { get; init; } = true;

    public IServiceProvider Services => _app!.Services;

    public string HttpAddress { get; private set; } = "";

    public string GrpcAddress { get; private set; } = "";

    public async Task InitializeAsync()
    {
        foreach (var name in new[] { "edge", "token", "config", AuthorizationServerService.Name })
        {
            WriteKey(name);
        }

        Peers = await Peers.StartAsync();
        Reset();
        HttpAddress = $"http://127.0.0.1:{FreePort.Next()}";
        GrpcAddress = $"http://127.0.0.1:{FreePort.Next()}";
        var countries = Path.Combine(TemporaryFolder.Create("countries"), "networks.csv");
        await File.WriteAllTextAsync(countries, "203.0.113.0/24,SE\n");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:http:Url"] = HttpAddress,
            ["Kestrel:Endpoints:grpc:Url"] = GrpcAddress,
            ["Kestrel:Endpoints:grpc:Protocols"] = "Http2",
            ["ServiceIdentity:Name"] = AuthorizationServerService.Name,
            ["ServiceIdentity:KeyFile"] = Path.Combine(_keys, AuthorizationServerService.Name + ".pem"),
            ["ServiceIdentity:TrustedKeys"] = _keys,
            ["ConnectionStrings:managedoauth"] = await PostgresServer.CreateDatabaseAsync(),
            ["ConnectionStrings:redis"] = await RedisServer.ConnectionStringAsync(),
            ["KeysAtRest:MasterKeyFile"] = WriteMasterKey(),
            ["services:config:grpc:0"] = Peers.Address,
            ["services:token:grpc:0"] = Peers.Address,
            ["Outbound:AllowedNetworks:0"] = "127.0.0.1/32",
            ["Geo:Networks"] = countries,

            // A machine that stands still for some seconds is no outage here: tests that are about these times set their own.
            ["Redis:OperationDeadline"] = "00:00:30",
            ["ServiceCalls:Deadline"] = "00:01:00",
            ["Outbound:Timeout"] = "00:01:00",
            ["Smtp:Host"] = "127.0.0.1",
            ["Smtp:Port"] = Mail.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Smtp:From"] = "login@team.test",
        });
        builder.Configuration.AddInMemoryCollection(_settings);
        builder.AddServiceDefaults(AuthorizationServerService.Name);
        builder.AddAuthorizationServer();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        _app = builder.Build();
        _app.MapAuthorizationServer();
        await _app.StartAsync();
        if (!WaitsUntilReady)
        {
            return;
        }

        using var client = new HttpClient();
        await Eventually.Async(async () => (await client.GetAsync(new Uri(HttpAddress + "/health"))).IsSuccessStatusCode);
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await _app.StopAsync(deadline.Token);
            await _app.DisposeAsync();
        }

        await Peers.DisposeAsync();
        await Mail.DisposeAsync();
    }

    /// <summary>A channel to the service, whose calls may take as long as they do.</summary>
    public GrpcChannel Connect(string? address = null) => GrpcChannel.ForAddress(address ?? GrpcAddress, new GrpcChannelOptions { DefaultDeadline = TimeSpan.FromMinutes(2) });

    /// <summary>The credential that another service would send.</summary>
    public string CredentialOf(string service) => new ServiceCredentials(
        new ServiceName(service),
        Options.Create(new ServiceIdentityOptions { KeyFile = Path.Combine(_keys, service + ".pem"), TrustedKeys = _keys }),
        TimeProvider.System).For(AuthorizationServerService.Name);

    /// <summary>Changes the configuration and waits until the service has it.</summary>
    internal async Task ConfigureAsync(Action<FeedState> change)
    {
        change(Peers.Feed);
        var snapshots = Services.GetRequiredService<ServiceDefaults.Snapshots.IConfigurationSnapshots>();
        Assert.True(await snapshots.WaitForPositionAsync(Peers.Feed.Position, TimeSpan.FromMinutes(2)));
    }

    /// <summary>The configuration that every test finds.</summary>
    internal Task ResetAsync() => ConfigureAsync(_ => Reset());

    private void Reset()
    {
        Peers.Codes.Fails = null;
        Peers.Feed.Put(Organization);
        Peers.Feed.Put(Pin);
        Peers.Feed.Put(AllowExample);
        Peers.Feed.Put(Orders);
        Peers.Feed.Put(Wiki);
        Peers.Feed.Put(Plain);
    }

    private static Application App(string name, string domain, OAuthConfiguration? oauth) => new()
    {
        Id = Guid.NewGuid(),
        Aud = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
        Name = name,
        Domain = domain,
        OauthConfiguration = oauth,
        Policies = [new PolicyReference(AllowExample.Id, 1)],
    };

    private string WriteMasterKey()
    {
        var path = Path.Combine(_keys, "master.key");
        File.WriteAllText(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private void WriteKey(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var path = Path.Combine(_keys, name + ".pem");
        File.WriteAllText(path, key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(Path.Combine(_keys, name + ".pub.pem"), key.ExportSubjectPublicKeyInfoPem());
    }
}

/// <summary>One service for all tests that do not break it.</summary>
[CollectionDefinition(Name)]
public sealed class ServiceTests : ICollectionFixture<Service>
{
    public const string Name = "service";
}
