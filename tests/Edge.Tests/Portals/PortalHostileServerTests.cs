using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What servers can do to the portal: nothing but fail.</summary>
public sealed class PortalHostileServerTests(World world) : StartedServerTests(world, "hostile", upstream => upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" })))
{
    private const string Read = """{"name":"things_read"}""";

    [Theory]
    [InlineData("redirect")]
    [InlineData("gzip")]
    [InlineData("html")]
    [InlineData("huge")]
    [InlineData("huge-event")]
    [InlineData("endless")]
    [InlineData("silent")]
    [InlineData("drip")]
    [InlineData("cut")]
    [InlineData("not-a-message")]
    [InlineData("no-text")]
    [InlineData("no-name")]
    [InlineData("deep")]
    public async Task HostileAnswer_IsAnErrorInBoundedTime(string kind)
    {
        await StartAsync(isStateless: true, record => record with { RequestTimeout = "2s" });
        Upstream.Instead = context => HostileAsync(context, kind);
        var answer = await Portal.RpcAsync(Portal.Token(), null, "tools/call", Read).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(-32000, answer.ErrorCode);
        Assert.DoesNotContain("canary", answer.Body + string.Join('\n', answer.Headers.Values), StringComparison.Ordinal);
        await Eventually.Async(() => World.PortalLog.Entries.Any(entry => entry.PortalId == Portal.Portal.PortalId && entry.Method == "tools/call" && !entry.Success));
        Upstream.Instead = null;
        await SetTimeoutAsync("60s");
        Assert.Equal("read", (await Portal.RpcAsync(Portal.Token(), null, "tools/call", Read)).Text);
    }

    [Fact]
    public async Task CookieOfAServer_IsNeverSentAgain()
    {
        await StartAsync(isStateless: true);
        Upstream.Instead = context =>
        {
            context.Response.Headers.SetCookie = "canary=1; Path=/";
            return Task.FromResult(false);
        };
        var token = Portal.Token();
        for (var i = 0; i < 3; i++)
        {
            var answer = await Portal.RpcAsync(token, null, "tools/call", Read);
            Assert.False(answer.Headers.ContainsKey("Set-Cookie"));
        }

        Assert.All(Upstream.Received, received => Assert.False(received.Headers.ContainsKey("Cookie")));
    }

    [Fact]
    public async Task InsideAddress_IsNotCalled()
    {
        await StartAsync(isStateless: true);
        var record = await Portal.AddAsync("inside", Upstream);
        World.Configuration.Put(record with { Hostname = $"http://10.255.255.1:{Upstream.Port}/mcp" });
        await World.KnowsAsync();
        var answer = await Portal.RpcAsync(Portal.Token(), null, "tools/call", """{"name":"inside_read"}""").WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(-32000, answer.ErrorCode);
    }

    private static async Task<bool> HostileAsync(HttpContext context, string kind)
    {
        var response = context.Response;
        response.ContentType = kind is "huge-event" or "endless" or "drip" or "silent" or "cut" ? "text/event-stream" : "application/json";
        try
        {
            switch (kind)
            {
                case "redirect":
                    response.Redirect("http://127.0.0.1:1/canary");
                    break;
                case "gzip":
                    response.Headers.ContentEncoding = "gzip";
                    await response.WriteAsync("canary");
                    break;
                case "html":
                    response.ContentType = "text/html";
                    await response.WriteAsync("<script>canary</script>");
                    break;
                case "deep":
                    await response.WriteAsync("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" + string.Concat(Enumerable.Repeat("{\"a\":[", 5_000)) + string.Concat(Enumerable.Repeat("]}", 5_000)) + "}");
                    break;
                case "huge":
                case "huge-event":
                    await response.WriteAsync(kind == "huge" ? "{\"x\":\"" : "data: ");
                    for (var i = 0; i < 64 * 1024; i++)
                    {
                        await response.Body.WriteAsync(new byte[64 * 1024], context.RequestAborted);
                    }

                    break;
                case "endless":
                    while (!context.RequestAborted.IsCancellationRequested)
                    {
                        await response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/other\"}\n\n", context.RequestAborted);
                    }

                    break;
                case "drip":
                    while (!context.RequestAborted.IsCancellationRequested)
                    {
                        await response.WriteAsync(":", context.RequestAborted);
                        await response.Body.FlushAsync(context.RequestAborted);
                        await Task.Delay(100, context.RequestAborted);
                    }

                    break;
                case "silent":
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                    break;
                case "cut":
                    await response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/other\"}\n\n");
                    await response.Body.FlushAsync();
                    context.Abort();
                    break;
                case "no-text":
                    await response.WriteAsync("""{"jsonrpc":"2.0","method":"\ud800"}""");
                    break;
                case "no-name":
                    await response.WriteAsync("""{"jsonrpc":"2.0","id":1,"result":{"content":[],"\ud800":"canary"}}""");
                    break;
                default:
                    await response.WriteAsync("[1]");
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // The portal has had enough.
        }

        return true;
    }
}
