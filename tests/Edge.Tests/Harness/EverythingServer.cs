using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Testing;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>npm's <c>server-everything</c> as a process, over Streamable HTTP or the older SSE.</summary>
public sealed class EverythingServer : IAsyncDisposable
{
    private readonly int _port = FreePort.Next();
    private Process? _process;

    private EverythingServer(bool isSse) => IsSse = isSse;

    public bool IsSse { get; }

    public Uri Url => new($"http://127.0.0.1:{_port}/{(IsSse ? "sse" : "mcp")}");

    public static async Task<EverythingServer> StartAsync(bool isSse = false)
    {
        var server = new EverythingServer(isSse);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it (again) on its port.</summary>
    public async Task StartAsync()
    {
        var script = RepositoryRoot.Of("tests/EndToEnd.Tests/node/node_modules/@modelcontextprotocol/server-everything/dist/index.js");
        Assert.True(File.Exists(script), "Run npm ci in tests/EndToEnd.Tests/node first.");
        var start = new ProcessStartInfo("node", [script, IsSse ? "sse" : "streamableHttp"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PORT"] = _port.ToString(CultureInfo.InvariantCulture);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.Async(async () =>
        {
            await using var client = await ConnectAsync(new McpClientHandlers());
            return true;
        });
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>The SDK's client, without a portal between.</summary>
    public Task<McpClient> ConnectAsync(McpClientHandlers handlers) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions { Endpoint = Url, TransportMode = IsSse ? HttpTransportMode.Sse : HttpTransportMode.StreamableHttp }),
        new McpClientOptions { ProtocolVersion = "2025-11-25", Handlers = handlers });

    /// <summary>Puts the server behind a portal with what it offers to a client.</summary>
    public Task AddToAsync(PortalHarness portal, string id, McpClient client) => AddToAsync(
        portal,
        id,
        client.NegotiatedProtocolVersion!,
        JsonSerializer.SerializeToElement(client.ServerCapabilities, McpJsonUtilities.DefaultOptions),
        client.ServerInstructions,
        async method => JsonSerializer.SerializeToElement((await client.SendRequestAsync(new JsonRpcRequest { Method = method })).Result));

    /// <summary>Puts the server behind a portal.</summary>
    /// <param name="portal">The portal.</param>
    /// <param name="id">The server's id there.</param>
    /// <param name="revision">The revision that was negotiated.</param>
    /// <param name="capabilities">What the server said it can do.</param>
    /// <param name="instructions">What it said about its use.</param>
    /// <param name="list">Asks for a list: the result.</param>
    public async Task AddToAsync(PortalHarness portal, string id, string revision, JsonElement capabilities, string? instructions, Func<string, Task<JsonElement>> list)
    {
        await using var unread = await McpUpstream.StartAsync("unused", isStateless: true, static _ => { });
        var lists = new Dictionary<string, IReadOnlyList<JsonElement>>();
        foreach (var (method, member) in new[] { ("tools/list", "tools"), ("prompts/list", "prompts"), ("resources/list", "resources"), ("resources/templates/list", "resourceTemplates") })
        {
            lists[member] = [.. (await list(method)).GetProperty(member).EnumerateArray()];
        }

        await portal.AddAsync(
            id,
            unread,
            record => record with { Hostname = Url.AbsoluteUri },
            catalog: catalog => catalog with
            {
                ProtocolVersion = revision,
                Capabilities = capabilities,
                Instructions = instructions,
                Tools = [.. lists["tools"].Select(Define)],
                Prompts = [.. lists["prompts"].Select(Define)],
                Resources = lists["resources"],
                ResourceTemplates = lists["resourceTemplates"],
            });
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private static McpDefinition Define(JsonElement definition) => new() { Name = definition.GetProperty("name").GetString()!, Definition = definition, Hash = "" };
}
