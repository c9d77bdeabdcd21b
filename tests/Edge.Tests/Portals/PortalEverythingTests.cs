using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>npm's <c>server-everything</c>: what it does directly and through the portal is the same.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalEverythingTests(World world) : IAsyncLifetime
{
    private readonly int _port = FreePort.Next();
    private Process? _server;

    private Uri Url => new($"http://127.0.0.1:{_port}/mcp");

    public async Task InitializeAsync()
    {
        var script = RepositoryRoot.Of("tests/EndToEnd.Tests/node/node_modules/@modelcontextprotocol/server-everything/dist/index.js");
        Assert.True(File.Exists(script), "Run npm ci in tests/EndToEnd.Tests/node first.");
        var start = new ProcessStartInfo("node", [script, "streamableHttp"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PORT"] = _port.ToString(CultureInfo.InvariantCulture);
        _server = Process.Start(start)!;
        _server.OutputDataReceived += static (_, _) => { };
        _server.ErrorDataReceived += static (_, _) => { };
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        await Eventually.Async(async () =>
        {
            await using var client = await DirectAsync([]);
            return true;
        });
    }

    public async Task DisposeAsync()
    {
        if (_server is { } server)
        {
            server.Kill();
            await server.WaitForExitAsync();
            server.Dispose();
        }
    }

    [Fact]
    public async Task EveryCapability_IsTheSameThroughThePortal()
    {
        await using var portal = await PortalHarness.CreateAsync(world, $"everything-{Guid.NewGuid():N}.test");
        await using var direct = await DirectAsync(new ConcurrentQueue<string>());
        await AddAsync(portal, direct);
        await using var through = await portal.ConnectAsync("2025-11-25", handlers: Handlers([]));

        var tools = (await direct.ListToolsAsync()).Select(tool => tool.ProtocolTool).ToList();
        var seen = (await through.ListToolsAsync()).Select(tool => tool.ProtocolTool).Where(tool => tool.Name.StartsWith("every_", StringComparison.Ordinal)).ToList();
        Assert.Equal(tools.Select(tool => "every_" + tool.Name), seen.Select(tool => tool.Name));
        foreach (var (own, shown) in tools.Zip(seen))
        {
            shown.Name = own.Name;
            Assert.Equal(Json(own), Json(shown));
        }

        foreach (var (tool, arguments) in Calls())
        {
            Assert.Contains(tools, known => known.Name == tool);
            var (one, two) = (await CallAsync(direct, tool, arguments), await CallAsync(through, "every_" + tool, arguments));
            Assert.Equal(one, two);
        }

        await CompareAsync(direct, through, "prompts/get", """{"name":"simple-prompt"}""", """{"name":"every_simple-prompt"}""");
        await CompareAsync(direct, through, "prompts/get", """{"name":"args-prompt","arguments":{"city":"Oslo"} }""", """{"name":"every_args-prompt","arguments":{"city":"Oslo"} }""");
        await CompareAsync(direct, through, "prompts/get", """{"name":"no-such"}""", """{"name":"every_no-such"}""", isError: true);
        const string completion = """{"ref":{"type":"ref/prompt","name":"NAME"},"argument":{"name":"department","value":"E"} }""";
        await CompareAsync(direct, through, "completion/complete", completion.Replace("NAME", "completable-prompt", StringComparison.Ordinal), completion.Replace("NAME", "every_completable-prompt", StringComparison.Ordinal));
        await CompareAsync(direct, through, "resources/list", "{}");
        await CompareAsync(direct, through, "resources/templates/list", "{}");
        foreach (var resource in await direct.ListResourcesAsync())
        {
            await CompareAsync(direct, through, "resources/read", JsonSerializer.Serialize(new { uri = resource.Uri }));
        }

        await CompareAsync(direct, through, "logging/setLevel", """{"level":"debug"}""");
    }

    private static IEnumerable<(string Tool, string Arguments)> Calls() =>
    [
        ("echo", """{"message":"hä \"x\""}"""),
        ("echo", "{}"),
        ("get-sum", """{"a":2,"b":3.5}"""),
        ("get-sum", """{"a":"x"}"""),
        ("get-tiny-image", "{}"),
        ("get-annotated-message", """{"messageType":"error","includeImage":true}"""),
        ("get-structured-content", """{"location":"Chicago"}"""),
        ("get-resource-links", """{"count":3}"""),
    ];

    private async Task AddAsync(PortalHarness portal, McpClient direct)
    {
        await using var reader = await McpUpstream.StartAsync("unused", isStateless: true, static _ => { });
        var lists = new Dictionary<string, JsonElement>();
        foreach (var (method, member) in new[] { ("tools/list", "tools"), ("prompts/list", "prompts"), ("resources/list", "resources"), ("resources/templates/list", "resourceTemplates") })
        {
            var response = await direct.SendRequestAsync(new JsonRpcRequest { Method = method });
            lists[member] = JsonSerializer.SerializeToElement(response.Result).GetProperty(member);
        }

        await portal.AddAsync(
            "every",
            reader,
            record => record with { Hostname = Url.AbsoluteUri },
            catalog: catalog => catalog with
            {
                ProtocolVersion = "2025-11-25",
                Capabilities = JsonSerializer.SerializeToElement(direct.ServerCapabilities, McpJsonUtilities.DefaultOptions),
                Tools = [.. lists["tools"].EnumerateArray().Select(Define)],
                Prompts = [.. lists["prompts"].EnumerateArray().Select(Define)],
                Resources = [.. lists["resources"].EnumerateArray()],
                ResourceTemplates = [.. lists["resourceTemplates"].EnumerateArray()],
            });
    }

    private static McpDefinition Define(JsonElement definition) => new() { Name = definition.GetProperty("name").GetString()!, Definition = definition, Hash = "" };

    private Task<McpClient> DirectAsync(ConcurrentQueue<string> asked) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions { Endpoint = Url, TransportMode = HttpTransportMode.StreamableHttp }),
        new McpClientOptions { ProtocolVersion = "2025-11-25", Handlers = Handlers(asked) });

    private static McpClientHandlers Handlers(ConcurrentQueue<string> asked) => new()
    {
#pragma warning disable MCP9005 // Deprecated in the newest revision, and part of all that have sessions.
        SamplingHandler = (_, _, _) =>
        {
            asked.Enqueue("sampling");
            return new(new CreateMessageResult { Model = "none", Role = Role.Assistant, Content = [new TextContentBlock { Text = "sampled" }] });
        },
#pragma warning restore MCP9005
        ElicitationHandler = (_, _) =>
        {
            asked.Enqueue("elicitation");
            return new(new ElicitResult { Action = "decline" });
        },
    };

    private static async Task<string> CallAsync(McpClient client, string tool, string arguments)
        => await SendAsync(client, "tools/call", $"{{\"name\":\"{tool}\",\"arguments\":{arguments}}}");

    private static async Task CompareAsync(McpClient direct, McpClient through, string method, string parameters, string? portalParameters = null, bool isError = false)
    {
        var (one, two) = (await SendAsync(direct, method, parameters), await SendAsync(through, method, portalParameters ?? parameters));
        if (isError)
        {
            Assert.StartsWith("error", one, StringComparison.Ordinal);
            Assert.StartsWith("error", two, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(one, two);
    }

    private static async Task<string> SendAsync(McpClient client, string method, string parameters)
    {
        try
        {
            var response = await client.SendRequestAsync(new JsonRpcRequest { Method = method, Params = System.Text.Json.Nodes.JsonNode.Parse(parameters) });
            return response.Result?.ToJsonString() ?? "";
        }
        catch (McpProtocolException failure)
        {
            return $"error {failure.ErrorCode}";
        }
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, McpJsonUtilities.DefaultOptions);
}
