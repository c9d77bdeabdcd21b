using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

using McpServer = ManagedOAuth.Contracts.Configuration.McpServer;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>
/// A real MCP server behind a portal, on the SDK: writes down the headers of every request, asks for a token when it has one, and speaks the revisions
/// that it is told to.
/// </summary>
public sealed class McpUpstream : IAsyncDisposable
{
    private static readonly JsonTypeInfo<JsonRpcMessage> s_message = (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));
    private readonly ConcurrentDictionary<string, (StreamableHttpServerTransport Transport, Task Run)> _sessions = new();
    private readonly bool _isStateless;
    private WebApplication? _app;

    private McpUpstream(string name, bool isStateless)
    {
        Name = name;
        _isStateless = isStateless;
    }

    public string Name { get; }

    public int Port { get; } = FreePort.Next();

    public string Url => $"http://127.0.0.1:{Port}/mcp";

    public McpServerPrimitiveCollection<McpServerTool> Tools { get; } = [];

    public McpServerPrimitiveCollection<McpServerPrompt> Prompts { get; } = [];

    public McpServerResourceCollection Resources { get; } = [];

    /// <summary>Method, headers: in the order in which they came.</summary>
    public ConcurrentQueue<(string Rpc, IReadOnlyDictionary<string, string> Headers)> Received { get; } = new();

    /// <summary>Session and request id of each cancellation, as they came.</summary>
    public ConcurrentQueue<(string Session, string Id)> Cancelled { get; } = new();

    /// <summary>How often more a resource was subscribed to than not, by session.</summary>
    public ConcurrentDictionary<(string Session, string Uri), int> Subscribed { get; } = new();

    /// <summary>Tokens that are accepted; empty = none is asked for.</summary>
    public HashSet<string> Tokens { get; } = [];

    /// <summary>Answers in place of the protocol, when it is set.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    public int Sessions => _sessions.Count;

    public static async Task<McpUpstream> StartAsync(string name, bool isStateless, Action<McpUpstream> fill)
    {
        var upstream = new McpUpstream(name, isStateless);
        fill(upstream);
        await upstream.StartAsync();
        return upstream;
    }

    /// <summary>Starts it (again) on its port.</summary>
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Port));
        _app = builder.Build();
        _app.MapMethods("/mcp", ["POST", "GET", "DELETE"], HandleAsync);
        await _app.StartAsync();
    }

    /// <summary>Takes it down at once, as a crash would.</summary>
    public async Task StopAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            foreach (var id in _sessions.Keys)
            {
                if (_sessions.TryRemove(id, out var session))
                {
                    await session.Transport.DisposeAsync();
                }
            }

            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }
    }

    /// <summary>Forgets every session, as a restart would.</summary>
    public void ForgetSessions() => _sessions.Clear();

    /// <summary>What Config would have read.</summary>
    public async Task<McpCatalog> CatalogAsync(McpServer record)
    {
        await using var client = await McpClient.CreateAsync(
            new HttpClientTransport(new HttpClientTransportOptions
            {
                Endpoint = new Uri(Url),
                TransportMode = HttpTransportMode.StreamableHttp,
                AdditionalHeaders = Tokens.Count > 0 ? new Dictionary<string, string> { ["Authorization"] = $"Bearer {Tokens.First()}" } : null,
            }),
            new McpClientOptions { ProtocolVersion = _isStateless ? null : "2025-11-25" });
        return new McpCatalog
        {
            Id = McpCatalog.IdOf(record.Id),
            ServerId = record.ServerId,
            ProtocolVersion = client.NegotiatedProtocolVersion ?? "",
            Capabilities = JsonSerializer.SerializeToElement(client.ServerCapabilities, McpJsonUtilities.DefaultOptions),
            Instructions = client.ServerInstructions,
            Tools = Tools.Count == 0 ? [] : [.. (await client.ListToolsAsync()).Select(tool => Define(tool.Name, tool.ProtocolTool))],
            Prompts = Prompts.Count == 0 ? [] : [.. (await client.ListPromptsAsync()).Select(prompt => Define(prompt.Name, prompt.ProtocolPrompt))],
            Resources = Resources.Count == 0 ? [] : [.. (await client.ListResourcesAsync()).Select(resource => JsonSerializer.SerializeToElement(resource.ProtocolResource, McpJsonUtilities.DefaultOptions))],
            ResourceTemplates = Resources.Count == 0 ? [] : [.. (await client.ListResourceTemplatesAsync()).Select(template => JsonSerializer.SerializeToElement(template.ProtocolResourceTemplate, McpJsonUtilities.DefaultOptions))],
        };
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private static McpDefinition Define<T>(string name, T definition)
        => new() { Name = name, Definition = JsonSerializer.SerializeToElement(definition, McpJsonUtilities.DefaultOptions), Hash = "" };

    private async Task HandleAsync(HttpContext context)
    {
        if (Tokens.Count > 0 && !Tokens.Contains(context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal)))
        {
            Received.Enqueue(("401", Headers(context)));
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "Bearer resource_metadata=\"https://evil.test/\"";
            return;
        }

        if (Instead is { } instead && await instead(context))
        {
            return;
        }

        var id = context.Request.Headers["Mcp-Session-Id"].ToString();
        if (context.Request.Method == "POST")
        {
            await PostAsync(context, id);
            return;
        }

        Received.Enqueue((context.Request.Method, Headers(context)));
        if (!_sessions.TryGetValue(id, out var session))
        {
            context.Response.StatusCode = _isStateless ? 405 : 404;
        }
        else if (context.Request.Method == "DELETE")
        {
            _sessions.TryRemove(id, out _);
            await session.Transport.DisposeAsync();
        }
        else
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            try
            {
                await session.Transport.HandleGetRequestAsync(context.Response.Body, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                // The portal stopped listening.
            }
        }
    }

    private async Task PostAsync(HttpContext context, string id)
    {
        var message = (await JsonSerializer.DeserializeAsync(context.Request.Body, s_message, context.RequestAborted))!;
        var version = context.Request.Headers["MCP-Protocol-Version"].ToString();
        message.Context = new JsonRpcMessageContext { ProtocolVersion = version.Length > 0 ? version : null };
        Received.Enqueue(((message as JsonRpcRequest)?.Method ?? (message as JsonRpcNotification)?.Method ?? "response", Headers(context)));
        if (message is JsonRpcNotification { Method: NotificationMethods.CancelledNotification } cancelled)
        {
            Cancelled.Enqueue((id, cancelled.Params?["requestId"]?.ToJsonString() ?? ""));
        }

        (StreamableHttpServerTransport Transport, Task Run) session;
        ModelContextProtocol.Server.McpServer? server = null;
        if (id.Length > 0)
        {
            if (!_sessions.TryGetValue(id, out session))
            {
                context.Response.StatusCode = 404;
                return;
            }
        }
        else if (!_isStateless && message is not JsonRpcRequest { Method: "initialize" })
        {
            context.Response.StatusCode = 400;
            return;
        }
        else
        {
            var transport = new StreamableHttpServerTransport { Stateless = _isStateless, SessionId = _isStateless ? null : Guid.NewGuid().ToString("N") };
            server = ModelContextProtocol.Server.McpServer.Create(transport, Options());
            session = (transport, server.RunAsync());
            if (transport.SessionId is { } made)
            {
                _sessions[made] = session;
                context.Response.Headers["Mcp-Session-Id"] = made;
            }
        }

        context.Response.ContentType = "text/event-stream";
        try
        {
            if (!await session.Transport.HandlePostRequestAsync(message, context.Response.Body, context.RequestAborted))
            {
                context.Response.ContentType = null;
                context.Response.StatusCode = 202;
            }
        }
        catch (OperationCanceledException)
        {
            // The portal no longer waits.
        }

        if (_isStateless)
        {
            // What the request began ends with it.
            await session.Transport.DisposeAsync();
            await server!.DisposeAsync();
        }
    }

    private McpServerOptions Options() => new()
    {
        ServerInfo = new Implementation { Name = Name, Version = "1" },
        ServerInstructions = $"About {Name}.",
        ToolCollection = Tools.Count > 0 ? Tools : null,
        PromptCollection = Prompts.Count > 0 ? Prompts : null,
        ResourceCollection = Resources.Count > 0 ? Resources : null,
        ScopeRequests = false,
        Capabilities = _isStateless || Resources.Count == 0 ? null : new ServerCapabilities { Resources = new ResourcesCapability { Subscribe = true } },
        Handlers = _isStateless || Resources.Count == 0 ? new McpServerHandlers() : new McpServerHandlers
        {
            SubscribeToResourcesHandler = (request, _) => SubscribeAsync(request.Server.SessionId, request.Params?.Uri, +1),
            UnsubscribeFromResourcesHandler = (request, _) => SubscribeAsync(request.Server.SessionId, request.Params?.Uri, -1),
        },
    };

    private ValueTask<EmptyResult> SubscribeAsync(string? session, string? uri, int by)
    {
        Subscribed.AddOrUpdate((session ?? "", uri ?? ""), by, (_, before) => before + by);
        return new(new EmptyResult());
    }

    private static Dictionary<string, string> Headers(HttpContext context)
        => context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
}
