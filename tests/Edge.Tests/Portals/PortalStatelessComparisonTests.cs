using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Edge.Tests.Harness;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>
/// Revision 2026-07-28, which <c>server-everything</c> does not speak: one script, sent directly to a server of the C# SDK and through the portal. Every
/// message is the same, but for the names at the portal and the flow id in errors.
/// </summary>
[Collection(WorldCollection.Name)]
public sealed class PortalStatelessComparisonTests(World world)
{
    private const string Introduction = """
        "io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}},"test/own":[1.50]
        """;

    // ~ stands for what precedes names at the portal.
    private static readonly (string Method, string Parameters)[] s_script =
    [
        ("tools/call", """{"name":"~content"}"""),
        ("tools/call", """{"name":"~structured"}"""),
        ("tools/call", """{"name":"~fails"}"""),
        ("tools/call", """{"name":"~refuses"}"""),
        ("tools/call", """{"name":"~steps","_meta":{"progressToken":"p-1"} }"""),
        ("tools/call", """{"name":"~steps"}"""),
        ("tools/call", """{"name":"~logs","_meta":{"io.modelcontextprotocol/logLevel":"info"} }"""),
        ("tools/call", """{"name":"~asks"}"""),
        ("tools/call", """{"name":"~asks","requestState":"state-1","inputResponses":{"who":{"action":"accept","content":{"name":"Ann"} } } }"""),
        ("tools/call", """{"name":"~asks","requestState":"state-1","inputResponses":{"who":{"action":"decline"} } }"""),
        ("prompts/get", """{"name":"~greet","arguments":{"who":"Ann"} }"""),
        ("prompts/get", """{"name":"~greet"}"""),
        ("resources/read", """{"uri":"test://one"}"""),
        ("resources/read", """{"uri":"test://item/7"}"""),
        ("resources/read", """{"uri":"test://none"}"""),
    ];

    [Fact]
    public async Task EveryMessage_IsTheSame()
    {
        await using var upstream = await McpUpstream.StartAsync("things", isStateless: true, Fill);
        await using var portal = await PortalHarness.CreateAsync(world, $"stateless-{Guid.NewGuid():N}.test");
        await portal.AddAsync("things", upstream);
        var token = portal.Token();
        foreach (var (list, member) in new[] { ("tools/list", "tools"), ("prompts/list", "prompts"), ("resources/list", "resources"), ("resources/templates/list", "resourceTemplates") })
        {
            Assert.Equal(Items(await DirectAsync(upstream, list, "{}"), member, ""), Items((await PortalAsync(list, "{}"))[^1], member, "things_"));
        }

        foreach (var (method, parameters) in s_script)
        {
            var direct = await DirectMessagesAsync(upstream, method, parameters.Replace("\"~", "\"", StringComparison.Ordinal));
            var behind = await PortalAsync(method, parameters.Replace("\"~", "\"things_", StringComparison.Ordinal));
            Assert.Equal($"{method} {parameters}\n{string.Join('\n', direct.Select(Plain))}", $"{method} {parameters}\n{string.Join('\n', behind.Select(Plain))}");
        }

        async Task<List<JsonNode>> PortalAsync(string method, string parameters)
        {
            var (body, headers) = PortalHarness.Stateless(method, WithIntroduction(parameters), "1");
            return Messages((await portal.PostAsync(token, body, headers)).Body);
        }
    }

    private static async Task<JsonNode> DirectAsync(McpUpstream upstream, string method, string parameters) => (await DirectMessagesAsync(upstream, method, parameters))[^1];

    private static async Task<List<JsonNode>> DirectMessagesAsync(McpUpstream upstream, string method, string parameters)
    {
        var (body, headers) = PortalHarness.Stateless(method, WithIntroduction(parameters), "1");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, upstream.Url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        return Messages(await response.Content.ReadAsStringAsync());
    }

    private static string WithIntroduction(string parameters)
    {
        var node = JsonNode.Parse(parameters)!.AsObject();
        var meta = JsonNode.Parse($"{{{Introduction}}}")!.AsObject();
        foreach (var (name, value) in node["_meta"]?.AsObject() ?? [])
        {
            meta[name] = value?.DeepClone();
        }

        node["_meta"] = meta;
        return node.ToJsonString();
    }

    private static List<JsonNode> Messages(string body)
        => body.StartsWith('{') ? [JsonNode.Parse(body)!] : [.. body.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line[6..])!)];

    // Without the id, which the server gets another one of.
    private static string Plain(JsonNode message)
    {
        var whole = message.AsObject();
        whole.Remove("id");
        if (whole["error"] is JsonObject error && error["data"] is JsonObject data && data.Remove("flow_id") && data.Count == 0)
        {
            error.Remove("data");
        }

        return PortalComparisonTests.Ordered(whole)!.ToJsonString();
    }

    private static string Items(JsonNode answer, string member, string prefix)
    {
        var items = answer["result"]![member]!.AsArray().Where(item => (string?)item!["name"] is { } name && !name.StartsWith("portal_", StringComparison.Ordinal)).ToList();
        return string.Join('\n', items.Select(item => prefix.Length > 0 ? item!.ToJsonString().Replace($"\"name\":\"{prefix}", "\"name\":\"", StringComparison.Ordinal) : item!.ToJsonString()).Order(StringComparer.Ordinal));
    }

    private static void Fill(McpUpstream upstream)
    {
        var icon = new Icon { Source = "https://icons.test/a.png", MimeType = "image/png", Sizes = ["48x48"] };
        upstream.Tools.Add(McpServerTool.Create(Content, new() { Name = "content", Title = "Content", Description = "All kinds of it.", Icons = [icon], ReadOnly = true }));
        upstream.Tools.Add(McpServerTool.Create(() => new Weather(7.5, "hä \"x\""), new() { Name = "structured", UseStructuredContent = true }));
        upstream.Tools.Add(McpServerTool.Create(() => new CallToolResult { IsError = true, Content = [new TextContentBlock { Text = "It does not work." }] }, new() { Name = "fails" }));
        upstream.Tools.Add(McpServerTool.Create(string () => throw new McpProtocolException("Not like this.", McpErrorCode.InvalidParams), new() { Name = "refuses" }));
        upstream.Tools.Add(McpServerTool.Create(StepsAsync, new() { Name = "steps" }));
        upstream.Tools.Add(McpServerTool.Create(LogsAsync, new() { Name = "logs" }));
        upstream.Tools.Add(McpServerTool.Create(Asks, new() { Name = "asks" }));
        upstream.Prompts.Add(McpServerPrompt.Create((string who) => $"Hello {who}", new() { Name = "greet", Title = "Greeting", Description = "Says hello.", Icons = [icon] }));
        upstream.Resources.Add(McpServerResource.Create(() => "first", new() { Name = "one", Title = "One", UriTemplate = "test://one", MimeType = "text/plain" }));
        upstream.Resources.Add(McpServerResource.Create((string id) => $"item {id}", new() { Name = "item", UriTemplate = "test://item/{id}" }));
    }

    private static CallToolResult Content() => new()
    {
        Content =
        [
            new TextContentBlock { Text = "hä", Annotations = new() { Audience = [Role.User], Priority = 0.5f } },
            ImageContentBlock.FromBytes(new byte[] { 1, 2, 3 }, "image/png"),
            new ResourceLinkBlock { Uri = "test://item/1", Name = "one", Title = "One", MimeType = "text/plain", Size = 3 },
            new EmbeddedResourceBlock { Resource = BlobResourceContents.FromBytes(new byte[] { 4, 5 }, "test://blob", "application/octet-stream") },
            new EmbeddedResourceBlock { Resource = new TextResourceContents { Uri = "test://text", MimeType = "text/plain", Text = "embedded" } },
        ],
        Meta = new JsonObject { ["test/meta"] = 1 },
    };

    private static async Task<string> StepsAsync(McpServer server, RequestContext<CallToolRequestParams> context, CancellationToken cancellation)
    {
        for (var step = 1; step <= 3 && context.JsonRpcRequest.Params?["_meta"]?["progressToken"] is { } progress; step++)
        {
            var said = new JsonObject { ["progressToken"] = progress.DeepClone(), ["progress"] = step, ["total"] = 3, ["message"] = $"step {step}" };
            await server.SendMessageAsync(new JsonRpcNotification { Method = NotificationMethods.ProgressNotification, Params = said }, cancellation);
        }

        return "done";
    }

    private static async Task<string> LogsAsync(McpServer server, CancellationToken cancellation)
    {
        await server.SendMessageAsync(new JsonRpcNotification { Method = "notifications/message", Params = new JsonObject { ["level"] = "info", ["logger"] = "l", ["data"] = new JsonObject { ["a"] = 1 } } }, cancellation);
        return "logged";
    }

    private static string Asks(RequestContext<CallToolRequestParams> context)
    {
        if (context.Params?.InputResponses is { Count: > 0 } said)
        {
            return $"{context.Params.RequestState}: {said["who"].RawValue}";
        }

        throw new InputRequiredException(
            new Dictionary<string, InputRequest>
            {
                ["who"] = InputRequest.ForElicitation(new ElicitRequestParams
                {
                    Message = "Who?",
                    RequestedSchema = new ElicitRequestParams.RequestSchema { Properties = { ["name"] = new ElicitRequestParams.StringSchema() } },
                }),
#pragma warning disable MCP9005 // Deprecated, and still part of the revision.
                ["what"] = InputRequest.ForSampling(new CreateMessageRequestParams { MaxTokens = 7, Messages = [new SamplingMessage { Role = Role.User, Content = [new TextContentBlock { Text = "What?" }] }] }),
                ["where"] = InputRequest.ForRootsList(new ListRootsRequestParams()),
#pragma warning restore MCP9005
            },
            "state-1");
    }

    private sealed record Weather(double Temperature, string Conditions);
}
