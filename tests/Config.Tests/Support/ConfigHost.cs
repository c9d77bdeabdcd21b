using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Grpc.Net.Client;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.ServiceDefaults;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Tests;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Wolverine.Postgresql;

namespace ManagedOAuth.Config.Tests.Support;

/// <summary>The service on real sockets and a database of its own, and Edge's part of a call to it.</summary>
public sealed class ConfigHost : IAsyncLifetime
{
    public const string Token = "mo_api_0123456789012345678901234567890123456789";

    private readonly ServiceKeys _keys = new("config", "edge", "token", "authorization-server");
    private readonly List<WebApplicationFactory<Program>> _replicas = [];
    private string _database = "";
    private string _tokenFile = "";
    private string _masterKey = "";
    private string _redis = "";

    public HttpClient Api { get; private set; } = null!;

    /// <summary>Whether the service is given a first API token.</summary>
    public bool HasToken { get; init; } = true;

    public async Task InitializeAsync()
    {
        _database = await PostgresServer.CreateDatabaseAsync();
        _tokenFile = Path.Combine(TemporaryFolder.Create("config"), "admin-token");
        await File.WriteAllTextAsync(_tokenFile, Token + "\n");
        _masterKey = _keys.WriteMasterKey();
        _redis = await RedisServer.ConnectionStringAsync();
        Api = await AddReplicaAsync();
    }

    /// <summary>Starts one more replica on the same database; gives a client of its admin API with the bootstrap token.</summary>
    public async Task<HttpClient> AddReplicaAsync()
    {
        var (http, grpc) = (FreePort.Next(), FreePort.Next());
        var replica = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            builder.UseSetting("Kestrel:Endpoints:http:Url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{http}"));
            builder.UseSetting("Kestrel:Endpoints:grpc:Url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpc}"));
            builder.UseSetting("ConnectionStrings:managedoauth", _database);
            builder.UseSetting("ConnectionStrings:redis", _redis);
            builder.UseSetting("Config:BootstrapTokenFile", HasToken ? _tokenFile : "");
            builder.UseSetting("KeysAtRest:MasterKeyFile", _masterKey);
            builder.UseSetting("Outbound:AllowedNetworks:0", "127.0.0.0/8");

            // A machine that stands still for some seconds is no outage here.
            builder.UseSetting("Redis:OperationDeadline", "00:00:30");
            builder.UseSetting("ServiceCalls:Deadline", "00:01:00");
            builder.UseSetting("Config:ReadDeadline", "00:00:30");
            foreach (var (key, value) in _keys.SettingsFor("config"))
            {
                builder.UseSetting(key, value);
            }

            builder.ConfigureServices(services => services.AddSingleton<IStartupFilter, DescribedAnswers>());
        });
        replica.UseKestrel();
        replica.StartServer();
        _replicas.Add(replica);
        Grpc = GrpcChannel.ForAddress(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpc}"), new GrpcChannelOptions { DefaultDeadline = TimeSpan.FromMinutes(2) });
        var client = Client(http, Token);
        await Eventually.Passes(async () => Assert.Contains("\"status\":\"Healthy\"", await (await client.GetAsync("/health")).Content.ReadAsStringAsync(), StringComparison.Ordinal));
        return client;
    }

    /// <summary>A channel to the replica that was started last.</summary>
    public GrpcChannel Grpc { get; private set; } = null!;

    /// <summary>Stops a replica, as a restart or an update would.</summary>
    public async Task StopAsync(int replica) => await _replicas[replica].DisposeAsync();

    /// <summary>The services of the first replica.</summary>
    public IServiceProvider Services => _replicas[0].Services;

    /// <summary>A client with another (or no) API token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="address">Where the client is; the loopback address if null.</param>
    public HttpClient With(string? token, IPAddress? address = null) => Client(Api.BaseAddress!.Port, token, address);

    /// <summary>A browser at the dashboard: keeps cookies, follows no redirect. Edge says which user it let in, if any.</summary>
    public DashboardBrowser Browse(EdgeUser? user = null) => new(this, Api.BaseAddress!, user);

    /// <summary>The credential that a service shows on a gRPC call to Config.</summary>
    public string CredentialOf(string service)
        => new ServiceCredentials(
            new ServiceName(service),
            Options.Create(new ServiceIdentityOptions { Name = service, KeyFile = _keys.PrivateFile(service), TrustedKeys = _keys.Trusted }),
            TimeProvider.System).For("config");

    /// <summary>Who made the newest event of a stream.</summary>
    public async Task<string?> LastActorAsync(Guid stream)
    {
        await using var session = _replicas[0].Services.GetRequiredService<IDocumentStore>().QuerySession();
        return (await session.Events.FetchStreamAsync(stream))[^1].UserName;
    }

    /// <summary>Waits until a message of this type that names this id is on its way to a service.</summary>
    public Task QueuedAsync(string receiver, string type, string id) => Eventually.Passes(async () =>
    {
        await using var command = Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "select count(*) from messages.queue where receiver = $1 and message_type like '%' || $2 and convert_from(body, 'UTF8') like '%' || $3 || '%'");
        foreach (var value in (string[])[receiver, type, id])
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        Assert.Equal(1L, await command.ExecuteScalarAsync());
    });

    public async Task DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }
    }

    public static async Task<JsonObject> ReadAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonObject>())!;

    private HttpClient Client(int port, string? token, IPAddress? address = null)
    {
        var client = new HttpClient(new EdgeHandler(this, address ?? IPAddress.Loopback)) { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")) };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return client;
    }

    private sealed class EdgeHandler(ConfigHost host, IPAddress address) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            foreach (var (name, value) in EdgeRequestHeaders.Write(host.CredentialOf("edge"), null, "http://localhost:8703", address))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            var answer = await base.SendAsync(request, cancellationToken);
            await DescribedAnswers.CheckAsync(request, answer, () => host.Services.GetRequiredService<OpenApiDocument>().Text);
            return answer;
        }
    }
}

[CollectionDefinition(Name)]
public sealed class ConfigCollection : ICollectionFixture<ConfigHost>
{
    public const string Name = "config";
}
