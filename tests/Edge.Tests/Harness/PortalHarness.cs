using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Aspire.Hosting.Local;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

using McpServer = ManagedOAuth.Contracts.Configuration.McpServer;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>One portal with its servers, at a host of its own.</summary>
public sealed class PortalHarness(World world, Application application, McpPortal portal) : IAsyncDisposable
{
    private readonly List<(string Kind, Guid Id)> _made = [];

    private static readonly ConcurrentDictionary<string, Guid> s_users = new();

    public Application Application { get; } = application;

    /// <summary>The edge that is asked; null = the world's.</summary>
    public int? Port { get; set; }

    public McpPortal Portal { get; private set; } = portal;

    public string Host => Application.Domain;

    /// <summary>Makes a portal at a host, with an application that lets in example.com.</summary>
    public static async Task<PortalHarness> CreateAsync(World world, string host, params Policy[] policies)
    {
        var application = await world.AddAsync(host, application => application with { Type = ApplicationType.McpPortal, Origin = null }, policies);
        var portal = new McpPortal { Id = Guid.NewGuid(), PortalId = host.Replace('.', '-'), Name = "Test portal", Hostname = host, ApplicationId = application.Id };
        world.Configuration.Put(portal);
        return new PortalHarness(world, application, portal);
    }

    /// <summary>Puts a server in, visible to example.com unless said otherwise.</summary>
    public async Task<McpServer> AddAsync(
        string id,
        McpUpstream upstream,
        Func<McpServer, McpServer>? change = null,
        Func<McpPortalServer, McpPortalServer>? settings = null,
        Func<McpCatalog, McpCatalog>? catalog = null,
        params Policy[] policies)
    {
        var record = new McpServer
        {
            Id = Guid.NewGuid(),
            ServerId = id,
            Name = id.ToUpperInvariant(),
            Hostname = upstream.Url,
            AuthType = McpAuthType.Unauthenticated,
        };
        record = change?.Invoke(record) ?? record;
        var read = await upstream.CatalogAsync(record);
        if (policies.Length == 0)
        {
            policies = [World.Allow(new Rule.EmailDomain("example.com"))];
        }

        foreach (var policy in policies)
        {
            world.Configuration.Put(policy);
        }

        var seen = Guid.NewGuid();
        _made.AddRange([("application", seen), ("mcp_server", record.Id), ("mcp_catalog", McpCatalog.IdOf(record.Id))]);
        world.Configuration.Put(new Application
        {
            Id = seen,
            Aud = Guid.NewGuid().ToString("N"),
            Name = id,
            Domain = "",
            Type = ApplicationType.Mcp,
            Destinations = [new Destination("via_mcp_server_portal", "") { McpServerId = id }],
            Policies = [.. policies.Select((policy, index) => new PolicyReference(policy.Id, index + 1))],
        });
        world.Configuration.Put(record);
        world.Configuration.Put(catalog?.Invoke(read) ?? read);
        var entry = new McpPortalServer { ServerId = id };
        try
        {
            await ChangeAsync(portal => portal with { Servers = [.. portal.Servers, settings?.Invoke(entry) ?? entry] });
        }
        catch (Exception)
        {
            // A test whose set-up fails is never cleaned up after: what it leaves would fail every later test that wants the same name.
            await DisposeAsync();
            throw;
        }

        return record;
    }

    /// <summary>Takes the servers away again: their names are unique in an installation, and the next test wants them.</summary>
    public async ValueTask DisposeAsync()
    {
        _made.ForEach(made => world.Configuration.Delete(made.Kind, made.Id));
        _made.Clear();
        await world.KnowsAsync();
    }

    /// <summary>Another edge that knows the portal and its servers. It is asked when its port is.</summary>
    /// <param name="redis">Null = the one that the world's edge has.</param>
    /// <param name="settings">More of its settings.</param>
    internal async Task<EdgeProcess> StartEdgeAsync(string? redis = null, params KeyValuePair<string, string?>[] settings)
    {
        // What users may do is counted for all edges together, and tests share their users.
        KeyValuePair<string, string?>[] plenty = [new("Edge:Portals:UserCallsPerMinute", "100000"), new("Edge:Portals:UserSessionsPerMinute", "100000")];
        var edge = await EdgeProcess.StartAsync(
            [.. world.PeerAddresses(), .. redis is null ? await EdgeProcess.SharedRedisAsync() : [new("ConnectionStrings:redis", redis)], new("Outbound:AllowedNetworks:0", "127.0.0.0/8"),
                .. plenty.Where(given => settings.All(setting => setting.Key != given.Key)), .. settings]);
        await KnowsAsync(edge);
        return edge;
    }

    /// <summary>Starts another edge that can use this Redis already: it is ready without, and would keep nothing there.</summary>
    internal async Task<EdgeProcess> StartEdgeWithAsync(LocalRedis redis)
    {
        var edge = await StartEdgeAsync(redis.ConnectionString);
        await Eventually.Passes(async () => await edge.Get<IHotStore>().GetAsync("nothing"));
        return edge;
    }

    /// <summary>Waits until another edge knows everything that was put before.</summary>
    internal async Task KnowsAsync(EdgeProcess edge)
    {
        var position = world.Configuration.Changes.Count;
        await Eventually.Async(() => edge.Get<RouteTableSource>().Current?.Snapshot.Position >= position
            && edge.Get<KeyRing>().Current.SealingKeys.Values.Any(key => key.ApplicationId == Application.Id));
    }

    /// <summary>Changes the portal, and waits until the edge knows everything that was put before.</summary>
    public async Task ChangeAsync(Func<McpPortal, McpPortal> change)
    {
        Portal = change(Portal);
        world.Configuration.Put(Portal);
        await world.KnowsAsync();
    }

    /// <summary>
    /// Changes how long a server may be silent, and waits until the edge knows it. Sessions with it stay: a test gives a server little time only once everything
    /// is there that it is not about.
    /// </summary>
    public async Task SetTimeoutAsync(McpServer record, string timeout)
    {
        world.Configuration.Put(record with { RequestTimeout = timeout });
        await world.KnowsAsync();
    }

    /// <summary>An access token; the same user has the same id each time.</summary>
    public string Token(string email = "alice@example.com", Guid? grant = null)
    {
        var id = grant ?? Guid.NewGuid();
        var user = s_users.GetOrAdd(email, _ => Guid.NewGuid());
        return world.Tokens.AccessToken(Application, id, email, change: payload => payload with
        {
            Assertion = world.Tokens.Assertion(Application, id, email, change: claims => claims["sub"] = user.ToString()),
        });
    }

    public static Guid UserId(string email) => s_users.GetOrAdd(email, _ => Guid.NewGuid());

    /// <summary>An HTTP client that reaches the edge whatever the host.</summary>
    public HttpClient Http(string? token = null)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, Port ?? world.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }

        return client;
    }

    /// <summary>The SDK's client, logged in.</summary>
    /// <param name="revision">Null = the newest.</param>
    /// <param name="email">Who it is.</param>
    /// <param name="handlers">What the client can be asked.</param>
    /// <param name="query">Of the endpoint's address.</param>
    /// <param name="token">Instead of a fresh one.</param>
    public Task<McpClient> ConnectAsync(string? revision, string email = "alice@example.com", McpClientHandlers? handlers = null, string query = "", string? token = null)
        => McpClient.CreateAsync(
            new HttpClientTransport(
                new HttpClientTransportOptions { Endpoint = new Uri($"http://{Host}/mcp{query}"), TransportMode = HttpTransportMode.StreamableHttp },
                Http(token ?? Token(email)),
                ownsHttpClient: true),
            new McpClientOptions { ProtocolVersion = revision, Handlers = handlers ?? new McpClientHandlers() });

    /// <summary>POSTs a body to the endpoint.</summary>
    public Task<PortalAnswer> PostAsync(string? token, string body, params (string Name, string Value)[] headers) => PostAsync(token, body, "", headers);

    /// <summary>POSTs a body to the endpoint, with a query.</summary>
    public async Task<PortalAnswer> PostAsync(string? token, string body, string query, params (string Name, string Value)[] headers)
    {
        using var http = Http(token);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{Host}/mcp{query}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        return new PortalAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Sends a request within a session, or without one in the newest revision.</summary>
    public Task<PortalAnswer> RpcAsync(string token, string? session, string method, string parameters = "{}", string id = "1")
    {
        if (session is not null)
        {
            return PostAsync(token, $$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{parameters}}}""", ("Mcp-Session-Id", session));
        }

        var (body, headers) = Stateless(method, parameters, id);
        return PostAsync(token, body, headers);
    }

    /// <summary>A request of the newest revision, with what is repeated in headers.</summary>
    public static (string Body, (string Name, string Value)[] Headers) Stateless(string method, string parameters, string id)
    {
        var node = System.Text.Json.Nodes.JsonNode.Parse(parameters)!.AsObject();
        var name = (string?)node["name"] ?? (string?)node["uri"];
        var own = node["_meta"]?.DeepClone().AsObject() ?? [];
        var meta = System.Text.Json.Nodes.JsonNode.Parse("""{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"raw","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}""")!.AsObject();
        foreach (var (key, value) in own)
        {
            meta[key] = value?.DeepClone();
        }

        node["_meta"] = meta;
        var headers = new List<(string, string)> { ("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method) };
        if (name is not null && method is "tools/call" or "prompts/get" or "resources/read")
        {
            headers.Add(("Mcp-Name", name!));
        }

        return ($$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{node.ToJsonString()}}}""", [.. headers]);
    }

    /// <summary>POSTs a body within a session, and reads the answer as it comes.</summary>
    public Task<EventReader> OpenAsync(string token, string session, string body, params (string Name, string Value)[] headers)
        => OpenAsync(token, HttpMethod.Post, new StringContent(body, Encoding.UTF8, "application/json"), [("Mcp-Session-Id", session), .. headers]);

    /// <summary>Listens (GET).</summary>
    /// <param name="token">The access token.</param>
    /// <param name="session">The session's id.</param>
    /// <param name="last">The last event that was had of a stream that broke; null = from now.</param>
    public Task<EventReader> ListenAsync(string token, string session, string? last = null)
        => OpenAsync(token, HttpMethod.Get, null, last is null ? [("Mcp-Session-Id", session)] : [("Mcp-Session-Id", session), ("Last-Event-ID", last)]);

    /// <summary>Sends a request in the newest revision, and reads the answer as it comes.</summary>
    public Task<EventReader> OpenStatelessAsync(string token, string method, string parameters)
    {
        var (body, headers) = Stateless(method, parameters, "1");
        return OpenAsync(token, HttpMethod.Post, new StringContent(body, Encoding.UTF8, "application/json"), headers);
    }

    private async Task<EventReader> OpenAsync(string token, HttpMethod method, HttpContent? content, (string Name, string Value)[] headers)
    {
        var http = Http(token);
        using var request = new HttpRequestMessage(method, $"http://{Host}/mcp") { Content = content };
        request.Headers.Accept.ParseAdd("text/event-stream");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (method == HttpMethod.Post)
        {
            request.Headers.Accept.ParseAdd("application/json");
        }

        return new EventReader(await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead), http);
    }

    /// <summary>Begins a session.</summary>
    public async Task<string> InitializeAsync(string token, string revision = "2025-11-25", string capabilities = "{}")
    {
        var answer = await PostAsync(token, $$"""{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"{{revision}}","capabilities":{{capabilities}},"clientInfo":{"name":"raw","version":"1"} } }""");
        Assert.Equal(200, answer.Status);
        return answer.Headers["Mcp-Session-Id"];
    }
}

/// <summary>An answer of the endpoint.</summary>
public sealed record PortalAnswer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The last message: of JSON, or of an event stream.</summary>
    public JsonElement Json => JsonDocument.Parse(Body.StartsWith('{') ? Body : Body.Split('\n').Last(line => line.StartsWith("data: {", StringComparison.Ordinal))[6..]).RootElement;

    /// <summary>Null for a result, and for an answer that is no message of the protocol.</summary>
    public int? ErrorCode => Json.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? error.GetProperty("code").GetInt32() : null;

    /// <summary>The text of a tool's result; fails with what the portal answered when it is none.</summary>
    public string Text
    {
        get
        {
            Assert.True(Status == 200 && ErrorCode is null, $"The portal answered {Status}: {Body}");
            return Json.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString()!;
        }
    }
}
