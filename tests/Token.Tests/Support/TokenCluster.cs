using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Net.Client;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Token.Tests.Support;

/// <summary>
/// Real Token replicas on real sockets with a real PostgreSQL and Redis; Config and authorization-server are stood in for by
/// <see cref="Peers"/>, which speak the same gRPC.
/// </summary>
public sealed class TokenCluster : IAsyncDisposable
{
    private readonly string _folder = TemporaryFolder.Create("token");
    private readonly List<Replica> _replicas = [];
    private readonly Dictionary<string, ServiceCredentials> _credentials = [];
    private string _redis = "";

    private TokenCluster()
    {
    }

    public Peers Peers { get; private set; } = null!;

    public string Database { get; private set; } = "";

    public IReadOnlyList<Replica> Replicas => _replicas;

    /// <summary>Everything that the replicas logged.</summary>
    public ConcurrentQueue<string> Log { get; } = [];

    /// <summary>Starts so many replicas and waits until they are ready.</summary>
    public static async Task<TokenCluster> StartAsync(int replicas = 1, string? redis = null, Dictionary<string, string>? settings = null, string? database = null)
    {
        var cluster = new TokenCluster
        {
            Database = database ?? await PostgresServer.CreateDatabaseAsync(),
            _redis = redis ?? await RedisServer.ConnectionStringAsync(),
        };
        cluster.MakeKeys();
        cluster.Peers = await Peers.StartAsync();
        for (var i = 0; i < replicas; i++)
        {
            await cluster.AddReplicaAsync(settings);
        }

        return cluster;
    }

    public async Task<Replica> AddReplicaAsync(Dictionary<string, string>? settings = null)
    {
        var replica = new Replica(this, Settings(settings));
        _replicas.Add(replica);
        await replica.ReadyAsync();
        return replica;
    }

    /// <summary>Takes a replica down in an orderly way.</summary>
    public async Task StopAsync(Replica replica)
    {
        ArgumentNullException.ThrowIfNull(replica);
        _replicas.Remove(replica);
        await replica.DisposeAsync();
    }

    public string CredentialOf(string service) => _credentials[service].For("token");

    /// <summary>A code as authorization-server would ask for it after consent.</summary>
    public async Task<string> CodeAsync(Action<CreateCodeRequest>? change = null, int replica = 0)
    {
        var request = new CreateCodeRequest
        {
            ApplicationId = A.ApplicationId.ToString(),
            ClientId = A.ClientId,
            ClientName = "A client",
            TokenEndpointAuthMethod = "none",
            RedirectUri = "http://127.0.0.1:4000/cb",
            CodeChallenge = A.Challenge(A.Verifier),
            Identity = Identity(),
            Decision = Decision(),
            FlowId = "f10a",
            ClientAddress = "203.0.113.7",
        };
        change?.Invoke(request);
        return (await new Contracts.Token.Codes.CodesClient(Replicas[replica].Channel).CreateCodeAsync(request, Headers("authorization-server"))).Code;
    }

    public static Contracts.Token.Decision Decision() => new()
    {
        PolicyId = A.PolicyId.ToString(), PolicyName = "Allow example.com", PolicyVersion = 1, Rule = "include email_domain example.com",
    };

    public static Contracts.Token.Identity Identity(string email = "alice@example.com") => new()
    {
        UserId = A.Identity().UserId.ToString(),
        Email = email,
        IdentityProviderId = A.ProviderId.ToString(),
        IdentityProviderType = "onetimepin",
        AuthenticatedAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
    };

    /// <summary>Call metadata with the credential of a service.</summary>
    public Metadata Headers(string service) => new() { { ServiceCredential.Header, CredentialOf(service) } };

    /// <summary>A whole login: a code and its redemption.</summary>
    public async Task<Tokens> LoginAsync(Action<CreateCodeRequest>? change = null, int replica = 0)
    {
        var answer = await Replicas[replica].RedeemAsync(await CodeAsync(change, replica));
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return answer.Tokens!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        await Peers.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>What a replica is configured with.</summary>
    public Dictionary<string, string> Settings(Dictionary<string, string>? more)
    {
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings:managedoauth"] = Database,
            ["ConnectionStrings:redis"] = _redis,
            ["ServiceIdentity:Name"] = "token",
            ["ServiceIdentity:KeyFile"] = Path.Combine(_folder, "token.pem"),
            ["ServiceIdentity:TrustedKeys"] = Path.Combine(_folder, "trusted"),
            ["KeysAtRest:MasterKeyFile"] = Path.Combine(_folder, "master"),
            ["services:config:grpc"] = Peers.Address,
            ["services:authorization-server:grpc"] = Peers.Address,

            // A machine that stands still for some seconds is no outage here: tests that are about these times set their own.
            ["Redis:OperationDeadline"] = "00:00:30",
            ["ServiceCalls:Deadline"] = "00:01:00",
            ["Outbound:Timeout"] = "00:01:00",
            ["Token:LookupDeadline"] = "00:01:00",
            ["Token:CodeLifetime"] = "00:10:00",
        };
        foreach (var (key, value) in more ?? [])
        {
            settings[key] = value;
        }

        return settings;
    }

    private void MakeKeys()
    {
        var trusted = Directory.CreateDirectory(Path.Combine(_folder, "trusted")).FullName;
        foreach (var service in (string[])["token", "edge", "config", "authorization-server"])
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var file = Path.Combine(_folder, service + ".pem");
            File.WriteAllText(file, key.ExportPkcs8PrivateKeyPem());
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(Path.Combine(trusted, service + ".pub.pem"), key.ExportSubjectPublicKeyInfoPem());
            _credentials[service] = new ServiceCredentials(
                new ServiceName(service), Options.Create(new ServiceIdentityOptions { KeyFile = file, TrustedKeys = trusted }), TimeProvider.System);
        }

        var master = Path.Combine(_folder, "master");
        File.WriteAllText(master, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(master, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}

/// <summary>One Token process's worth of service, listening on two real ports.</summary>
public sealed class Replica : IAsyncDisposable
{
    private readonly WebApplicationFactory<Program> _factory;
    private readonly TokenCluster _cluster;
    private readonly HttpClient _http;

    internal Replica(TokenCluster cluster, Dictionary<string, string> settings)
    {
        _cluster = cluster;
        var (http, grpc) = ($"http://127.0.0.1:{FreePort.Next()}", $"http://127.0.0.1:{FreePort.Next()}");
        _factory = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            builder.UseEnvironment("Production");
            builder.UseSetting("Kestrel:Endpoints:http:Url", http);
            builder.UseSetting("Kestrel:Endpoints:grpc:Url", grpc);
            builder.UseSetting("Kestrel:Endpoints:grpc:Protocols", "Http2");
            foreach (var (key, value) in settings)
            {
                builder.UseSetting(key, value);
            }

            builder.ConfigureLogging(logging => logging.AddProvider(new Recorder(cluster.Log)));
        });
        _factory.UseKestrel();
        _factory.StartServer();
        _http = new HttpClient { BaseAddress = new Uri(http), Timeout = TimeSpan.FromMinutes(3) };
        Channel = GrpcChannel.ForAddress(grpc, new GrpcChannelOptions { DefaultDeadline = TimeSpan.FromMinutes(2) });
    }

    public GrpcChannel Channel { get; }

    public IServiceProvider Services => _factory.Services;

    public Task ReadyAsync() => Eventually.Async(async () => (await _http.GetAsync("/health")).StatusCode == HttpStatusCode.OK);

    /// <summary>A request as Edge forwards it.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Guid? application = null, string client = "203.0.113.7", string origin = A.Origin)
    {
        ArgumentNullException.ThrowIfNull(request);
        foreach (var (name, value) in EdgeRequestHeaders.Write(_cluster.CredentialOf("edge"), application ?? A.ApplicationId, origin, IPAddress.Parse(client)))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _http.SendAsync(request);
    }

    /// <summary>The same without Edge's credential.</summary>
    public Task<HttpResponseMessage> SendBareAsync(HttpRequestMessage request) => _http.SendAsync(request);

    public async Task<Reply> PostAsync(string path, Dictionary<string, string> form, Guid? application = null, string client = "203.0.113.7")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        using var response = await SendAsync(request, application, client);
        return await Reply.ReadAsync(response);
    }

    public Task<Reply> RedeemAsync(string code, string verifier = A.Verifier, string client = A.ClientId, Guid? application = null)
        => PostAsync("/cdn-cgi/access/oauth/token", new() { ["grant_type"] = "authorization_code", ["code"] = code, ["client_id"] = client, ["code_verifier"] = verifier }, application);

    public Task<Reply> RefreshAsync(string token, string client = A.ClientId, Guid? application = null, string? address = null)
        => PostAsync("/cdn-cgi/access/oauth/token", new() { ["grant_type"] = "refresh_token", ["refresh_token"] = token, ["client_id"] = client }, application, address ?? "203.0.113.7");

    public Task<Reply> RevokeAsync(string token, string client = A.ClientId)
        => PostAsync("/cdn-cgi/access/oauth/revoke", new() { ["token"] = token, ["client_id"] = client });

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        Channel.Dispose();
        await _factory.DisposeAsync();
    }

    private sealed class Recorder(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => log.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
