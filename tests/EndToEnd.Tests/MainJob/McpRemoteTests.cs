using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Portals;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>npm's <c>mcp-remote</c>: what it has logged in to, it uses again without a browser.</summary>
[Collection(TopologyCollection.Name)]
public sealed class McpRemoteTests(LocalTopology topology)
{
    [Fact]
    public async Task McpRemote_LogsInThenWorksFromItsCacheByRefreshing()
    {
        const string Address = "mcp-remote@example.com";
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var remote = new McpRemote(new Uri(topology.Mcp, "/mcp"));
        await UseAsync(remote, Address, user);

        // From the cache: no browser any more. The cached access token is aged away, so that the refresh token must serve.
        remote.AgeTheCache();
        await UseAsync(remote, Address, null);
        var grant = Assert.Single(await topology.Admin.GrantsAsync(Address), found => (string?)found["status"] == "active");
        var events = await topology.Admin.EventsAsync((string)grant["id"]!);
        Assert.Contains(events, e => (string?)e["type"] == "grant_refreshed");
    }

    private static async Task UseAsync(McpRemote remote, string address, ScriptedBrowser? user)
    {
        await using var client = await remote.ConnectAsync(user);
        var tools = await client.ListToolsAsync();
        Assert.Contains(tools, tool => tool.Name == "tools_echo");
        var who = await client.CallToolAsync("tools_whoami", new Dictionary<string, object?>());
        Assert.Contains(address, Assert.IsType<TextContentBlock>(who.Content[0]).Text, StringComparison.Ordinal);
    }
}
