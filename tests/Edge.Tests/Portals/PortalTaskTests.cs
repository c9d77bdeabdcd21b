using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Tasks of a server that takes all users for one, and knows every task whoever asks.</summary>
public sealed class PortalTaskTests(World world) : PortalTests(world, "tasks", static upstream => upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" })))
{
    private const string Made = """{"taskId":"t1","status":"working","createdAt":"2026-01-01T00:00:00Z","ttl":60000}""";
    private const string AsTask = """{"name":"things_read","task":{"ttl":60000}}""";
    private string _list = $$"""{"tasks":[{{Made}}]}""";
    private Func<Task>? _beginning;
    private int _begun;
    private int _listed;

    [Theory]
    [InlineData(McpAuthType.Unauthenticated)]
    [InlineData(McpAuthType.Bearer)]
    public async Task Task_IsThereForWhoeverBeganIt_AndNobodyElse(McpAuthType type)
    {
        if (type == McpAuthType.Bearer)
        {
            Upstream.Tokens.Add("everybodys");
        }

        await AddSharedAsync(type);
        var (alice, bob) = (Portal.Token(), Portal.Token("bob@example.com"));
        var (first, second) = (await Portal.InitializeAsync(alice), await Portal.InitializeAsync(bob));
        var begun = await Portal.RpcAsync(alice, first, "tools/call", AsTask);
        var id = begun.Json.GetProperty("result").GetProperty("task").GetProperty("taskId").GetString()!;

        foreach (var method in new[] { "tasks/get", "tasks/result", "tasks/cancel" })
        {
            var refused = await Portal.RpcAsync(bob, second, method, $$"""{"taskId":"{{id}}"}""", "2");
            Assert.Equal(-32602, refused.ErrorCode);
            Assert.Null((await Portal.RpcAsync(alice, first, method, $$"""{"taskId":"{{id}}"}""", $"\"{method}\"")).ErrorCode);
        }

        Assert.Equal(-32602, (await Portal.RpcAsync(alice, first, "tasks/get", """{"taskId":"things_unknown"}""", "9")).ErrorCode);

        // Both have spoken with the server, which names the task to both.
        await Portal.RpcAsync(bob, second, "tools/call", """{"name":"things_read"}""", "3");
        Assert.Equal([id], await ListAsync(alice, first));
        Assert.Empty(await ListAsync(bob, second));
        Assert.Equal(2, _listed);
    }

    [Fact]
    public async Task List_LooksAtAThousandTasksOfAServer()
    {
        await AddSharedAsync(McpAuthType.Unauthenticated);
        var alice = Portal.Token();
        var session = await Portal.InitializeAsync(alice);
        await Portal.RpcAsync(alice, session, "tools/call", AsTask);
        _list = $$"""{"tasks":[{{Made}},{{string.Join(',', Enumerable.Range(0, 1_200).Select(number => $$"""{"taskId":"of-somebody-{{number}}"}"""))}},{{Made}}],"nextCursor":"more"}""";
        Assert.Equal(["things_t1"], await ListAsync(alice, session));
        Assert.Equal(1, _listed);
    }

    [Fact]
    public async Task RedisAway_BeginsNoTaskThatNobodyCanAskFor_AndSaysSoOfTheOneThatWas()
    {
        Upstream.Tokens.UnionWith(["everybodys", "alices"]);
        await AddSharedAsync(McpAuthType.Bearer);
        var own = await Portal.AddAsync("own", Upstream, server => server with { AuthType = McpAuthType.Oauth }, settings => settings with { OnBehalf = true }, WithTasks);
        World.Upstreams.Tokens[(own.Id, PortalHarness.UserId("alice@example.com").ToString())] = "alices";
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var edge = await Portal.StartEdgeWithAsync(redis);
        Portal.Port = edge.Port;
        var alice = Portal.Token();
        var session = await Portal.InitializeAsync(alice);
        Assert.Null((await Portal.RpcAsync(alice, session, "tools/call", """{"name":"own_read","task":{}}""", "2")).ErrorCode);
        Assert.Equal(1, _begun);

        _beginning = redis.KillAsync;
        Assert.Contains("has begun the task", (await Portal.RpcAsync(alice, session, "tools/call", AsTask, "3")).Body, StringComparison.Ordinal);
        _beginning = null;
        Assert.Equal(2, _begun);
        Assert.Contains("none was", (await Portal.RpcAsync(alice, session, "tools/call", AsTask, "4")).Body, StringComparison.Ordinal);
        Assert.Equal(2, _begun);

        // Everything else goes on, also with the tasks of a server that knows its users.
        Assert.Null((await Portal.RpcAsync(alice, session, "tools/call", """{"name":"things_read"}""", "5")).ErrorCode);
        Assert.Equal(["own_t1"], await ListAsync(alice, session));
        Assert.Null((await Portal.RpcAsync(alice, session, "tasks/get", """{"taskId":"own_t1"}""", "7")).ErrorCode);
        Assert.Contains("cannot be found out right now", (await Portal.RpcAsync(alice, session, "tasks/get", """{"taskId":"things_t1"}""", "8")).Body, StringComparison.Ordinal);
    }

    private async Task AddSharedAsync(McpAuthType type)
    {
        var record = await Portal.AddAsync("things", Upstream, server => server with { AuthType = type }, settings => settings with { OnBehalf = false }, WithTasks);
        World.Upstreams.Tokens[(record.Id, "")] = "everybodys";
        Upstream.Instead = AnswerAsync;
    }

    private static McpCatalog WithTasks(McpCatalog catalog) => catalog with
    {
        Tools = [.. catalog.Tools.Select(static tool =>
        {
            var definition = JsonNode.Parse(tool.Definition.GetRawText())!;
            definition["execution"] = new JsonObject { ["taskSupport"] = "optional" };
            return tool with { Definition = JsonSerializer.SerializeToElement(definition) };
        })],
    };

    private async Task<IReadOnlyList<string>> ListAsync(string token, string session)
        => [.. (await Portal.RpcAsync(token, session, "tasks/list", "{}", "\"list\"")).Json.GetProperty("result").GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("taskId").GetString()!)];

    private async Task<bool> AnswerAsync(HttpContext context)
    {
        if (context.Request.Method != "POST")
        {
            return false;
        }

        context.Request.EnableBuffering();
        using var message = await JsonDocument.ParseAsync(context.Request.Body);
        context.Request.Body.Position = 0;
        var method = message.RootElement.GetProperty("method").GetString()!;
        if (method != "tools/call" && !method.StartsWith("tasks/", StringComparison.Ordinal))
        {
            return false;
        }

        if (method == "tools/call" && message.RootElement.GetProperty("params").TryGetProperty("task", out _))
        {
            _begun++;
            await (_beginning?.Invoke() ?? Task.CompletedTask);
        }

        _listed += method == "tasks/list" ? 1 : 0;
        var result = method switch
        {
            "tools/call" => $$"""{"task":{{Made}}}""",
            "tasks/list" => _list,
            _ => Made,
        };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{message.RootElement.GetProperty("id").GetRawText()}},"result":{{result}}}""");
        return true;
    }
}
