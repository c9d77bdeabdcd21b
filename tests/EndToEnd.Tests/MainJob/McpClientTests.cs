using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Portals;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>The MCP C# SDK's own OAuth client, which nobody here wrote, with nothing but the address.</summary>
[Collection(TopologyCollection.Name)]
public sealed class McpClientTests(LocalTopology topology)
{
    [Theory]
    [InlineData(null)]
    [InlineData("2025-06-18")]
    public async Task McpSdk_LogsInListsAndCallsTools(string? protocolVersion)
    {
        var address = $"mcp-sdk-{protocolVersion ?? "latest"}@example.com";
        using var user = new ScriptedBrowser(address, topology.Mailbox);
        await using var client = await McpSdk.ConnectAsync(new Uri(topology.Mcp, "/mcp"), user, protocolVersion);
        var tools = await client.ListToolsAsync();
        Assert.Contains(tools, tool => tool.Name == "tools_echo");
        var echo = await client.CallToolAsync("tools_echo", new Dictionary<string, object?> { ["text"] = "hej" });
        Assert.Contains("hej", Assert.IsType<TextContentBlock>(echo.Content[0]).Text, StringComparison.Ordinal);
        var who = await client.CallToolAsync("tools_whoami", new Dictionary<string, object?>());
        Assert.Contains(address, Assert.IsType<TextContentBlock>(who.Content[0]).Text, StringComparison.Ordinal);
        Assert.True(user.ConsentShown);
    }
}
