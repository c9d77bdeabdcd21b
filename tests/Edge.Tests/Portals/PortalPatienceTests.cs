using System.Text.Json;
using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>How long a call is waited for: a silent server is not, a person who thinks and an answer that goes on are.</summary>
public sealed class PortalPatienceTests(World world) : StartedServerTests(world, "patience", Fill)
{
    private const string Read = """{"name":"things_read"}""";
    private const string BeginWithElicitation =
        """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{} },"clientInfo":{"name":"raw","version":"1"} } }""";

    [Fact]
    public async Task QuestionThatNobodyAnswers_EndsTheCall_AndTheLogTells()
    {
        await StartAsync(isStateless: true);
        var inputs = World.Edge.Get<PendingInputs>();
        inputs.Patience = TimeSpan.FromSeconds(1);
        try
        {
            var token = Portal.Token();
            var session = (await Portal.PostAsync(token, BeginWithElicitation)).Headers["Mcp-Session-Id"];
            var answer = await Portal.RpcAsync(token, session, "tools/call", """{"name":"things_ask"}""").WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal((-32000, "timeout"), (answer.ErrorCode, answer.Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString()));
            await Eventually.Async(() => World.PortalLog.Entries.Any(entry => entry.PortalId == Portal.Portal.PortalId && entry.Tool == "ask" && entry.Outcome == "timeout"));
        }
        finally
        {
            inputs.Patience = PendingInputs.Life;
        }
    }

    [Fact]
    public async Task PersonWhoThinks_IsNotTakenForASilentServer()
    {
        await StartAsync(isStateless: false);
        await Eventually.Passes(async () => Assert.Equal("decline", await AskSomebodyWhoThinksAsync()));
    }

    // What belongs to no request comes on the stream of its own: some servers ask there.
    [Fact]
    public async Task PersonWhoThinks_IsNotTakenForASilentServer_WhereverItAsks()
    {
        await StartAsync(isStateless: false);
        await Eventually.Passes(async () =>
        {
            var stream = new TaskCompletionSource<HttpResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
            var answered = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            Upstream.Instead = async context =>
            {
                if (context.Request.Method == "GET")
                {
                    context.Response.ContentType = "text/event-stream";
                    await context.Response.Body.FlushAsync();
                    stream.TrySetResult(context.Response);
                    await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                    return true;
                }

                if (context.Request.Headers["Mcp-Name"] == "ask")
                {
                    using var call = await JsonDocument.ParseAsync(context.Request.Body);
                    var listening = await stream.Task;
                    await listening.WriteAsync("""data: {"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object","properties":{} } } }""" + "\n\n");
                    await listening.Body.FlushAsync();
                    var result = $$"""{"content":[{"type":"text","text":"{{await answered.Task}}"}]}""";
                    context.Response.ContentType = "application/json";
                    await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{call.RootElement.GetProperty("id").GetRawText()}},"result":{{result}}}""");
                    return true;
                }

                if (context.Request.Method == "POST" && !context.Request.Headers.ContainsKey("Mcp-Method"))
                {
                    using var answer = await JsonDocument.ParseAsync(context.Request.Body);
                    answered.TrySetResult(answer.RootElement.GetProperty("result").GetProperty("action").GetString()!);
                    context.Response.StatusCode = 202;
                    return true;
                }

                return false;
            };
            Assert.Equal("decline", await AskSomebodyWhoThinksAsync());
        });
    }

    [Fact]
    public async Task QuestionToAClientThatDoesNotListen_GivesTheServerNoMoreTime()
    {
        await StartAsync(isStateless: false);
        var stream = new TaskCompletionSource<HttpResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Upstream.Instead = async context =>
        {
            if (context.Request.Method == "GET")
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync();
                stream.TrySetResult(context.Response);
            }
            else if (context.Request.Headers["Mcp-Name"] == "ask")
            {
                var listening = await stream.Task;
                await listening.WriteAsync("""data: {"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object","properties":{} } } }""" + "\n\n");
                await listening.Body.FlushAsync();
            }
            else
            {
                if (context.Request.Method == "POST" && !context.Request.Headers.ContainsKey("Mcp-Method"))
                {
                    using var answer = await JsonDocument.ParseAsync(context.Request.Body);
                    told.TrySetResult(answer.RootElement.GetProperty("error").GetProperty("message").GetString()!);
                    context.Response.StatusCode = 202;
                    return true;
                }

                return false;
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            return true;
        };
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read)).Text);
        await stream.Task.WaitAsync(Eventually.DefaultDeadline);
        await SetTimeoutAsync("1s");
        var id = 1;
        await Eventually.Async(async () =>
        {
            var answer = await Portal.RpcAsync(token, session, "tools/call", """{"name":"things_ask"}""", $"{++id}");
            Assert.Equal("timeout", answer.Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString());
            return told.Task.IsCompleted;
        });
        Assert.Equal("The client does not listen.", await told.Task.WaitAsync(Eventually.DefaultDeadline));
    }

    [Fact]
    public async Task QuestionToAClientThatCannotBeAsked_GivesTheServerNoMoreTime()
    {
        await StartAsync(isStateless: false, record => record with { RequestTimeout = "1s" });
        Upstream.Instead = async context =>
        {
            if (context.Request.Headers["Mcp-Method"] != "tools/call")
            {
                return false;
            }

            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"elicitation/create\",\"params\":{}}\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };

        // The question has to come within the time that the server has.
        await Eventually.Passes(async () =>
        {
            var answer = await Portal.RpcAsync(Portal.Token(), null, "tools/call", Read);
            Assert.Equal("timeout", answer.Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString());
            Assert.Contains("Connect with revision 2025-11-25", answer.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        });
    }

    // No silence of it is longer than half of that.
    [Fact]
    public async Task AnswerThatGoesOn_ForLongerThanAServerMayBeSilent_IsRelayedToItsEnd()
    {
        const int Steps = 12;
        await StartAsync(isStateless: false, record => record with { RequestTimeout = "2s" });
        Upstream.Instead = async context =>
        {
            if (context.Request.Headers["Mcp-Method"] != "tools/call")
            {
                return false;
            }

            context.Response.ContentType = "text/event-stream";
            for (var step = 1; step <= Steps; step++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), context.RequestAborted);
                await context.Response.WriteAsync($$$"""data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":{{{step}}}} }""" + "\n\n");
                await context.Response.Body.FlushAsync();
            }

            await context.Response.WriteAsync("""data: {"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"read"}]} }""" + "\n\n");
            return true;
        };
        var token = Portal.Token();
        await Eventually.Passes(async () =>
        {
            var answer = await Portal.RpcAsync(token, await Portal.InitializeAsync(token), "tools/call", """{"name":"things_read","_meta":{"progressToken":"t"} }""", "7");
            Assert.Equal("read", answer.Text);
            Assert.Equal(Steps, answer.Body.Split("notifications/progress").Length - 1);
        });
    }

    // Once the server has answered something, it may be silent for a second.
    private async Task<string> AskSomebodyWhoThinksAsync()
    {
        await SetTimeoutAsync("60s");
        await using var client = await Portal.ConnectAsync("2025-11-25", handlers: new McpClientHandlers
        {
            ElicitationHandler = async (_, cancellation) =>
            {
                // Longer than the server may be silent.
                await Task.Delay(TimeSpan.FromSeconds(3), cancellation);
                return new ElicitResult { Action = "decline" };
            },
        });
        Assert.Equal("read", TextOf(await client.CallToolAsync("things_read")));
        await SetTimeoutAsync("1s");
        return TextOf(await client.CallToolAsync("things_ask"));

        static string TextOf(CallToolResult result) => Assert.IsType<TextContentBlock>(result.Content[0]).Text;
    }

    private static async Task<string> AskAsync(McpServer server, RequestContext<CallToolRequestParams> context, CancellationToken cancellation)
    {
        var question = new ElicitRequestParams { Message = "Who?", RequestedSchema = new ElicitRequestParams.RequestSchema() };
        return context.JsonRpcRequest.Context?.ProtocolVersion == "2026-07-28"
            ? throw new InputRequiredException(new Dictionary<string, InputRequest> { ["who"] = InputRequest.ForElicitation(question) }, "state-1")
            : (await server.ElicitAsync(question, cancellation)).Action;
    }

    private static void Fill(McpUpstream upstream)
    {
        upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
        upstream.Tools.Add(McpServerTool.Create(AskAsync, new() { Name = "ask" }));
    }
}
