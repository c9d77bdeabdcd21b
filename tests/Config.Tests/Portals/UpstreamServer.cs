using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>A foreign MCP server on a socket of its own, which says what a test wants it to say (revision 2025-06-18, JSON answers).</summary>
internal sealed class UpstreamServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private bool _canBeAsked;

    private UpstreamServer(string path)
    {
        // Elsewhere than here: the service's own appsettings.json lies beside the tests.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.WebHost.UseUrls($"http://127.0.0.1:{FreePort.Next()}");
        _app = builder.Build();
        _app.Run(context => AnswerAsync(context, path));
    }

    public string Origin => _app.Urls.First();

    /// <summary>The items of <c>tools/list</c>, as JSON.</summary>
    public string Tools { get; set; } = """[{"name":"search","description":"Finds.","inputSchema":{"type":"object"}}]""";

    /// <summary>The whole second page of <c>tools/list</c>, as JSON; null = there is none.</summary>
    public string? MoreTools { get; set; }

    /// <summary>The items of <c>tools/list</c> for clients that can be asked (elicitation of both kinds, sampling, roots); null = the same as for all.</summary>
    public string? ToolsThatAsk { get; set; }

    /// <summary>The items of <c>prompts/list</c>, as JSON.</summary>
    public string Prompts { get; set; } = "[]";

    /// <summary>What it tells models about itself.</summary>
    public string Instructions { get; set; } = "Be kind.";

    /// <summary>What every request is answered with, in place of an answer.</summary>
    public int? Status { get; set; }

    /// <summary>It has sessions, and never answers the request that ends one.</summary>
    public bool IsSilentAtTheEnd { get; set; }

    /// <summary>What every request waits for.</summary>
    public Task Until { get; set; } = Task.CompletedTask;

    /// <summary>Method and path of every request, with what stood in <c>Authorization</c>.</summary>
    public ConcurrentQueue<(string Path, string Method, string Authorization)> Seen { get; } = [];

    public static async Task<UpstreamServer> StartAsync(string path = "/mcp")
    {
        var server = new UpstreamServer(path);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, string path)
    {
        var request = context.Request;
        var body = HttpMethods.IsPost(request.Method) ? await JsonNode.ParseAsync(request.Body) : null;
        var method = (string?)body?["method"] ?? request.Method;
        Seen.Enqueue((request.Path, method, request.Headers.Authorization.ToString()));
        await Until.WaitAsync(context.RequestAborted);
        if (IsSilentAtTheEnd)
        {
            context.Response.Headers["Mcp-Session-Id"] = "1";
            if (HttpMethods.IsDelete(request.Method))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
            }
        }

        if (Status is { } status || request.Path != path)
        {
            context.Response.StatusCode = Status ?? StatusCodes.Status404NotFound;
            context.Response.Headers.Location = Status is >= 300 and < 400 ? "http://127.0.0.1:1/mcp" : default;
            return;
        }

        if (body is null)
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        if (body["id"] is not { } id)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        if (method == "initialize")
        {
            var can = body["params"]!["capabilities"]!;
            _canBeAsked = can["elicitation"]?["form"] is not null && can["elicitation"]?["url"] is not null && can["sampling"] is not null && can["roots"] is not null;
        }

        var result = method switch
        {
            "initialize" => $$$"""{"protocolVersion":"2025-06-18","capabilities":{"tools":{},"prompts":{}},"serverInfo":{"name":"upstream","version":"1"},"instructions":"{{{Instructions}}}"}""",
            "tools/list" when MoreTools is { } more && body["params"]?["cursor"] is not null => more,
            "tools/list" => $$"""{"tools":{{(_canBeAsked ? ToolsThatAsk ?? Tools : Tools)}}{{(MoreTools is null ? "" : ",\"nextCursor\":\"2\"")}}}""",
            "prompts/list" => $$"""{"prompts":{{Prompts}}}""",
            _ => null,
        };
        await Results.Text(
            result is null
                ? $$$"""{"jsonrpc":"2.0","id":{{{id.ToJsonString()}}},"error":{"code":-32601,"message":"no such method"}}"""
                : $$"""{"jsonrpc":"2.0","id":{{id.ToJsonString()}},"result":{{result}}}""",
            "application/json").ExecuteAsync(context);
    }
}
