using System.Collections.Concurrent;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Streams of servers that end before everything is said, and are taken up.</summary>
public sealed class PortalUpstreamResumptionTests(World world) : PortalTests(world, "resumption", upstream => upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" })))
{
    private const string Read = """{"name":"things_read"}""";

    // SEP-1699: a server that does not hold connections for long ends its streams, and goes on where they are taken up.
    [Fact]
    public async Task AnswerThatEndsBeforeItsResponse_IsTakenUp_AndTheRequestNotSentAgain()
    {
        await Portal.AddAsync("things", Upstream);
        var (calls, positions, id) = (0, new ConcurrentQueue<string>(), "");
        Upstream.Instead = async context =>
        {
            var last = context.Request.Headers["Last-Event-ID"].ToString();
            if (context.Request.Headers["Mcp-Method"] == "tools/call")
            {
                calls++;
                using var call = await JsonDocument.ParseAsync(context.Request.Body);
                id = call.RootElement.GetProperty("id").GetRawText();
                await SayAsync(context, "id: one\nretry: 100\ndata:\n\n");
            }
            else if (context.Request.Method == "GET" && last.Length > 0)
            {
                positions.Enqueue(last);
                await SayAsync(context, last == "one"
                    ? "id: two\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"half way\"}}\n\n"
                    : "id: three\ndata: {\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}}\n\n");
            }
            else
            {
                return Refuses(context, 405);
            }

            return true;
        };
        var token = Portal.Token();
        var answer = await Portal.RpcAsync(token, await Portal.InitializeAsync(token), "tools/call", Read);
        Assert.Equal("done", answer.Text);
        Assert.Contains("half way", answer.Body, StringComparison.Ordinal);
        Assert.Equal(1, calls);
        Assert.Equal(["one", "two"], positions);
    }

    [Theory]
    [InlineData(404, "unavailable")]
    [InlineData(405, "unavailable")]
    [InlineData(200, "timeout")]
    public async Task AnswerThatCannotBeTakenUp_OrNeverComes_IsAnErrorInBoundedTime(int status, string reason)
    {
        var record = await Portal.AddAsync("things", Upstream);
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read)).Text);
        var calls = 0;
        Upstream.Instead = async context =>
        {
            var isCall = context.Request.Headers["Mcp-Method"] == "tools/call";
            calls += isCall ? 1 : 0;
            if (isCall || (status == 200 && context.Request.Headers.ContainsKey("Last-Event-ID")))
            {
                await SayAsync(context, "id: one\nretry: 0\ndata:\n\n");
                return true;
            }

            return Refuses(context, status == 200 ? 405 : status);
        };
        if (reason == "timeout")
        {
            await Portal.SetTimeoutAsync(record, "3s");
        }

        var answer = await Portal.RpcAsync(token, session, "tools/call", Read, "2").WaitAsync(Eventually.DefaultDeadline);
        Assert.Equal(reason, answer.Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString());
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task StreamOfItsOwn_IsTakenUpWhereItEnded()
    {
        await Portal.AddAsync("things", Upstream);
        var positions = new ConcurrentQueue<string>();
        Upstream.Instead = async context =>
        {
            if (context.Request.Method != "GET")
            {
                return false;
            }

            positions.Enqueue(context.Request.Headers["Last-Event-ID"].ToString());
            await SayAsync(context, $"id: {positions.Count}\ndata:\n\n");
            return true;
        };
        var token = Portal.Token();
        Assert.Equal("read", (await Portal.RpcAsync(token, await Portal.InitializeAsync(token), "tools/call", Read)).Text);
        await Eventually.Async(() => positions.Count >= 3);
        Assert.Equal(["", "1", "2"], positions.Take(3));
    }

    private static bool Refuses(HttpContext context, int status)
    {
        var isGet = context.Request.Method == "GET";
        context.Response.StatusCode = isGet ? status : 200;
        return isGet;
    }

    private static async Task SayAsync(HttpContext context, string events)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(events);
        await context.Response.Body.FlushAsync();
    }
}
