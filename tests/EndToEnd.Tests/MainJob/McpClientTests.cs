using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Portals;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
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

    [Fact]
    public async Task McpSdk_WhoseAccessTokenHasEnded_RefreshesItselfAndGoesOn()
    {
        const string Address = "mcp-sdk-refresh@example.com";
        var application = await topology.Admin.ApplicationAsync(topology.Mcp.Authority);
        var before = application["oauth_configuration"]!.DeepClone();
        application["oauth_configuration"]!["grant"] = new JsonObject { ["access_token_lifetime"] = "5s" };
        await topology.Admin.PutAsync($"apps/{application["id"]}?wait=applied&timeout=30s", application);
        try
        {
            using var user = new ScriptedBrowser(Address, topology.Mailbox);
            await using var client = await McpSdk.ConnectAsync(new Uri(topology.Mcp, "/mcp"), user);
            var grant = (string)Assert.Single(await topology.Admin.GrantsAsync(Address))["id"]!;
            await Eventually.Async(async () =>
            {
                var echo = await client.CallToolAsync("tools_echo", new Dictionary<string, object?> { ["text"] = "hej" });
                Assert.Contains("hej", Assert.IsType<TextContentBlock>(echo.Content[0]).Text, StringComparison.Ordinal);
                return (await topology.Admin.EventsAsync(grant)).Any(entry => (string?)entry["type"] == "grant_refreshed");
            });
            Assert.Single(await topology.Admin.GrantsAsync(Address));
            Assert.Single(user.Pins);
        }
        finally
        {
            application["oauth_configuration"] = before;
            await topology.Admin.PutAsync($"apps/{application["id"]}?wait=applied&timeout=30s", application);
        }
    }
}
