using ManagedOAuth.Edge.Tests.Harness;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>The SDK's client in each revision through the portal, to servers of either kind.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalClientTests(World world)
{
    public static TheoryData<string?, bool> Revisions => new()
    {
        { null, true },
        { null, false },
        { "2025-11-25", true },
        { "2025-11-25", false },
        { "2025-06-18", true },
        { "2025-06-18", false },
    };

    [Theory]
    [MemberData(nameof(Revisions))]
    public async Task Client_ListsAndCallsToolsOfAServer(string? revision, bool isStateless)
    {
        await using var upstream = await McpUpstream.StartAsync("things", isStateless, Fill);
        await using var portal = await PortalHarness.CreateAsync(world, $"client-{revision}-{isStateless}.test".ToLowerInvariant());
        await portal.AddAsync("things", upstream);

        await using var client = await portal.ConnectAsync(revision);
        Assert.Equal(revision ?? "2026-07-28", client.NegotiatedProtocolVersion);
        Assert.Equal("Test portal", client.ServerInfo?.Title);
        var tools = await client.ListToolsAsync();
        Assert.Equal(["things_echo", "things_fail", "things_steps"], tools.Select(tool => tool.Name).Where(name => name.StartsWith("things_", StringComparison.Ordinal)).Order());

        var echo = await client.CallToolAsync("things_echo", new Dictionary<string, object?> { ["text"] = "hä\n\"x\"" });
        Assert.Equal("hä\n\"x\"", Assert.IsType<TextContentBlock>(echo.Content[0]).Text);
        Assert.True((await client.CallToolAsync("things_fail")).IsError);

        // Counted on the wire: the client drops what it has not yet handed on when the result is there.
        var token = portal.Token();
        var steps = await portal.RpcAsync(token, await portal.InitializeAsync(token), "tools/call", """{"name":"things_steps","_meta":{"progressToken":"p"} }""");
        Assert.Equal("done", steps.Text);
        Assert.Equal(4, steps.Body.Split("\"progress\":").Length);

        var unknown = await Assert.ThrowsAsync<McpProtocolException>(() => client.CallToolAsync("things_other").AsTask());
        Assert.Equal(McpErrorCode.InvalidParams, unknown.ErrorCode);
    }

    private static void Fill(McpUpstream upstream)
    {
        upstream.Tools.Add(McpServerTool.Create((string text) => text, new() { Name = "echo" }));
        upstream.Tools.Add(McpServerTool.Create(string () => throw new McpException("no"), new() { Name = "fail" }));
        upstream.Tools.Add(McpServerTool.Create(StepsAsync, new() { Name = "steps" }));
    }

    private static async Task<string> StepsAsync(ModelContextProtocol.Server.McpServer server, RequestContext<CallToolRequestParams> context, CancellationToken cancellation)
    {
        for (var step = 1; step <= 3; step++)
        {
            await server.NotifyProgressAsync(context.Params!.ProgressToken!.Value, new ProgressNotificationValue { Progress = step, Total = 3 }, cancellationToken: cancellation);
        }

        return "done";
    }
}
