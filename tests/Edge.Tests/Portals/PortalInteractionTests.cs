using System.Text.Json;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Everything beyond tools: what servers ask of clients, prompts, resources, completion, cancellation, the portal's own tools.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalInteractionTests(World world) : IAsyncLifetime
{
    private PortalHarness _portal = null!;
    private McpUpstream? _upstream;
    private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task InitializeAsync() => _portal = await PortalHarness.CreateAsync(world, $"inter-{Guid.NewGuid():N}.test");

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        if (_upstream is { } upstream)
        {
            await upstream.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("2025-11-25", false)]
    [InlineData("2025-06-18", false)]
    [InlineData("2025-11-25", true)]
    [InlineData(null, true)]
    public async Task QuestionOfAServer_ReachesTheClientThatCalled(string? revision, bool isStateless)
    {
        await StartAsync(isStateless);
        var asked = 0;
        await using var client = await _portal.ConnectAsync(revision, handlers: new McpClientHandlers
        {
            ElicitationHandler = (question, _) =>
            {
                Interlocked.Increment(ref asked);
                return new(new ElicitResult { Action = "accept", Content = new Dictionary<string, JsonElement> { ["name"] = JsonSerializer.SerializeToElement("Ann") } });
            },
        });
        var result = await client.CallToolAsync("things_ask");
        Assert.Equal("accept Ann", Assert.IsType<TextContentBlock>(result.Content[0]).Text);
        Assert.Equal(1, asked);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(null, false)]
    [InlineData("2025-11-25", true)]
    [InlineData("2025-11-25", false)]
    public async Task PromptsResourcesAndTemplates_AreRelayed(string? revision, bool isStateless)
    {
        await StartAsync(isStateless);
        await using var client = await _portal.ConnectAsync(revision);
        Assert.Equal("things_greet", Assert.Single(await client.ListPromptsAsync()).Name);
        var prompt = await client.GetPromptAsync("things_greet", new Dictionary<string, object?> { ["who"] = "Ann" });
        Assert.Equal("Hello Ann", Assert.IsType<TextContentBlock>(prompt.Messages[0].Content).Text);

        Assert.Equal("test://one", Assert.Single(await client.ListResourcesAsync()).Uri);
        var read = await client.ReadResourceAsync("test://one");
        Assert.Equal("first", Assert.IsType<TextResourceContents>(read.Contents[0]).Text);
        Assert.Equal("test://item/{id}", Assert.Single(await client.ListResourceTemplatesAsync()).UriTemplate);
        var item = await client.ReadResourceAsync("test://item/7");
        Assert.Equal("item 7", Assert.IsType<TextResourceContents>(item.Contents[0]).Text);
    }

    [Fact]
    public async Task ClosedConnection_CancelsACallWithoutASession()
    {
        await StartAsync(isStateless: true);
        await using var client = await _portal.ConnectAsync(null);
        using var cancel = new CancellationTokenSource();
        var call = client.CallToolAsync("things_wait", cancellationToken: cancel.Token).AsTask();
        await _waits.Task.WaitAsync(Eventually.DefaultDeadline);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Eventually.Async(() => _cancelled.Task.IsCompleted);
    }

    [Fact]
    public async Task Switch_TakesAServersToolsOutOfTheSession()
    {
        await StartAsync(isStateless: true);
        var token = _portal.Token();
        var (first, second) = (await _portal.InitializeAsync(token), await _portal.InitializeAsync(token));
        var off = await _portal.RpcAsync(token, first, "tools/call", """{"name":"portal_toggle_single_server","arguments":{"server_id":"things","action":"untoggle"} }""");
        Assert.Contains("notifications/tools/list_changed", off.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("things_ask", (await _portal.RpcAsync(token, first, "tools/list")).Body, StringComparison.Ordinal);
        Assert.Equal(-32602, (await _portal.RpcAsync(token, first, "tools/call", """{"name":"things_quick"}""")).ErrorCode);
        Assert.Contains("\\\"enabled\\\":false", (await _portal.RpcAsync(token, first, "tools/call", """{"name":"portal_list_servers"}""")).Body.Replace("\\u0022", "\\\"", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal("quick", (await _portal.RpcAsync(token, second, "tools/call", """{"name":"things_quick"}""")).Text);
        await _portal.RpcAsync(token, first, "tools/call", """{"name":"portal_toggle_single_server","arguments":{"server_id":"things","action":"toggle"} }""");
        Assert.Equal("quick", (await _portal.RpcAsync(token, first, "tools/call", """{"name":"things_quick"}""")).Text);
    }

    [Fact]
    public async Task OptimizedContext_FindsAndRunsTools()
    {
        await StartAsync(isStateless: true);
        await using var client = await _portal.ConnectAsync("2025-11-25", query: "?optimize_context=search_and_execute");
        Assert.DoesNotContain(await client.ListToolsAsync(), tool => tool.Name.StartsWith("things_", StringComparison.Ordinal));
        var found = await client.CallToolAsync("portal_query_tools", new Dictionary<string, object?> { ["query"] = "QUI.K" });
        Assert.Contains("things_quick", Assert.IsType<TextContentBlock>(found.Content[0]).Text, StringComparison.Ordinal);
        var run = await client.CallToolAsync("portal_execute", new Dictionary<string, object?> { ["name"] = "things_echo", ["arguments"] = new Dictionary<string, object?> { ["text"] = "hi" } });
        Assert.Equal("hi", Assert.IsType<TextContentBlock>(run.Content[0]).Text);
        await Assert.ThrowsAsync<McpProtocolException>(() => client.CallToolAsync("portal_execute", new Dictionary<string, object?> { ["name"] = "other_tool" }).AsTask());
    }

    [Fact]
    public async Task MinimizedTools_AreListedWithoutTheirSchemas_FoundWithThem_AndCalledAsEver()
    {
        await StartAsync(isStateless: true);
        await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "quick", Enabled = false }] }] });
        var token = _portal.Token();
        var session = await PostInitializeAsync(token, "?optimize_context=minimize_tools");
        var listed = await ToolsAsync(session);
        Assert.Equal("""{"type":"object"}""", listed["things_echo"].GetProperty("inputSchema").GetRawText());
        Assert.EndsWith("(schema: portal_query_tools)", listed["things_echo"].GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("things_quick", listed.Keys);

        var found = (await _portal.RpcAsync(token, session, "tools/call", """{"name":"portal_query_tools","arguments":{"query":"things_(echo|quick)"} }""")).Text;
        using var tools = JsonDocument.Parse(found);
        var echo = Assert.Single(tools.RootElement.EnumerateArray());
        Assert.True(echo.GetProperty("inputSchema").GetProperty("properties").TryGetProperty("text", out _));
        Assert.Equal("hi", (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_echo","arguments":{"text":"hi"} }""")).Text);
        Assert.Equal("hi", (await _portal.RpcAsync(token, session, "tools/call", """{"name":"portal_execute","arguments":{"name":"things_echo","arguments":{"text":"hi"} } }""")).Text);
        Assert.Equal(-32602, (await _portal.RpcAsync(token, session, "tools/call", """{"name":"portal_execute","arguments":{"name":"things_quick"} }""")).ErrorCode);

        // Who does not ask for it has the definitions as they are, and no tools to search by.
        var plain = await ToolsAsync(await _portal.InitializeAsync(token));
        Assert.True(plain["things_echo"].GetProperty("inputSchema").GetProperty("properties").TryGetProperty("text", out _));
        Assert.DoesNotContain("portal_query_tools", plain.Keys);

        async Task<Dictionary<string, JsonElement>> ToolsAsync(string of) => (await _portal.RpcAsync(token, of, "tools/list", id: "5")).Json.GetProperty("result").GetProperty("tools").EnumerateArray()
            .ToDictionary(tool => tool.GetProperty("name").GetString()!);
    }

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData(".{99999}")]
    [InlineData("(?<=x)y")]
    [InlineData("(a)\\\\1")]
    [InlineData("(")]
    public async Task HostileExpression_IsBounded(string pattern)
    {
        await StartAsync(isStateless: true);
        var token = _portal.Token();
        var begun = await PostInitializeAsync(token, "?optimize_context=minimize_tools");
        var answer = await _portal.RpcAsync(token, begun, "tools/call", $$"""{"name":"portal_query_tools","arguments":{"query":"{{pattern}}"} }""").WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task LongExpression_IsRefused()
    {
        await StartAsync(isStateless: true);
        var token = _portal.Token();
        var begun = await PostInitializeAsync(token, "?optimize_context=minimize_tools");
        foreach (var length in new[] { 513, 1 << 20 })
        {
            var answer = await _portal.RpcAsync(token, begun, "tools/call", $$"""{"name":"portal_query_tools","arguments":{"query":"{{new string('a', length)}}"} }""", $"{length}");
            Assert.Equal("\"query\" is a regular expression of at most 512 characters.", answer.Text);
            Assert.True(answer.Json.GetProperty("result").GetProperty("isError").GetBoolean());
        }
    }

    [Fact]
    public async Task UnknownMembers_PassUnchanged()
    {
        await StartAsync(isStateless: true);
        const string result = "{\"content\":[{\"type\":\"text\",\"text\":\"\\u0041\",\"x_new\":1.500}],\"x_other\":{\"a\":[1e2]},\"resultType\":\"complete\"}";
        _upstream!.Instead = async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            context.Response.ContentType = "application/json";
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, $"{{\"jsonrpc\":\"2.0\",\"id\":{body.RootElement.GetProperty("id").GetRawText()},\"result\":{result}}}");
            return true;
        };
        var answer = await _portal.RpcAsync(_portal.Token(), null, "tools/call", """{"name":"things_quick"}""");
        Assert.Equal(result, answer.Json.GetProperty("result").GetRawText());
    }

    private async Task<string> PostInitializeAsync(string token, string query)
    {
        using var http = _portal.Http(token);
        using var content = new StringContent("""{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"} }""", System.Text.Encoding.UTF8, "application/json");
        using var response = await http.PostAsync($"http://{_portal.Host}/mcp{query}", content);
        return response.Headers.GetValues("Mcp-Session-Id").Single();
    }

    private async Task StartAsync(bool isStateless)
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless, Fill);
        await _portal.AddAsync("things", _upstream);
    }

    private void Fill(McpUpstream upstream)
    {
        upstream.Tools.Add(McpServerTool.Create(() => "quick", new() { Name = "quick" }));
        upstream.Tools.Add(McpServerTool.Create((string text) => text, new() { Name = "echo" }));
        upstream.Tools.Add(McpServerTool.Create(AskAsync, new() { Name = "ask" }));
        upstream.Tools.Add(McpServerTool.Create(WaitAsync, new() { Name = "wait" }));
        upstream.Prompts.Add(McpServerPrompt.Create((string who) => $"Hello {who}", new() { Name = "greet" }));
        upstream.Resources.Add(McpServerResource.Create(() => "first", new() { Name = "one", UriTemplate = "test://one" }));
        upstream.Resources.Add(McpServerResource.Create((string id) => $"item {id}", new() { Name = "item", UriTemplate = "test://item/{id}" }));
    }

    // Written for both kinds of session: without one, the question is the answer, and the call comes again with what was said.
    private static async Task<string> AskAsync(ModelContextProtocol.Server.McpServer server, RequestContext<CallToolRequestParams> context, CancellationToken cancellation)
    {
        var question = new ElicitRequestParams
        {
            Message = "Who?",
            RequestedSchema = new ElicitRequestParams.RequestSchema { Properties = { ["name"] = new ElicitRequestParams.StringSchema() } },
        };
        if (context.Params?.InputResponses is { Count: > 0 } said && said["who"].Deserialize(InputResponse.ElicitResultJsonTypeInfo) is { } told)
        {
            return $"{told.Action} {told.Content!["name"].GetString()}";
        }

        if (context.JsonRpcRequest.Context?.ProtocolVersion == "2026-07-28")
        {
            throw new InputRequiredException(new Dictionary<string, InputRequest> { ["who"] = InputRequest.ForElicitation(question) }, "state-1");
        }

        var answer = await server.ElicitAsync(question, cancellation);
        return $"{answer.Action} {answer.Content!["name"].GetString()}";
    }

    private async Task<string> WaitAsync(CancellationToken cancellation)
    {
        _waits.TrySetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException)
        {
            _cancelled.TrySetResult();
        }

        return "";
    }
}
