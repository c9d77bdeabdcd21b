using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>Two replicas of Edge behind the portal's address, each spoken to by name.</summary>
[Collection(TopologyCollection.Name)]
public sealed class PortalReplicaTests(LocalTopology topology)
{
    private const string WhoAmI = "tools_whoami";
    private const string Switch = "portal_toggle_single_server";

    // Below the limit of calls of one tool, which are counted for both replicas together.
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task Session_IsUsedAtEachReplica_AndOutlivesTheOneThatBeganIt()
    {
        const string Address = "replicas@example.com";
        var endpoint = new Uri(topology.Mcp, "/mcp");
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(endpoint);
        var tokens = await client.LoginAsync(user);
        var edges = (await topology.ResourcesAsync()).Where(resource => resource.Name == "edge").Select(resource => resource.Pid).ToList();
        Assert.Equal(2, edges.Count);
        var replicas = await ReplicaConnection.ToEachAsync(topology.Mcp, edges);
        var (first, second) = (replicas[0].Http, replicas[1].Http);
        using var caller = await PortalCaller.BeginAsync(endpoint, tokens.AccessToken, first);
        Assert.Equal((true, Address), await caller.CallAsync(WhoAmI, first));
        Assert.Equal((true, Address), await caller.CallAsync(WhoAmI, second));

        // What is switched at one is so at the other.
        Assert.True((await caller.CallAsync(Switch, second, """{"server_id":"tools","action":"untoggle"}""")).IsResult);
        Assert.False((await caller.CallAsync(WhoAmI, second)).IsResult);
        await Eventually.Async(async () => !(await caller.CallAsync(WhoAmI, first)).IsResult, pause: s_pace);
        Assert.True((await caller.CallAsync(Switch, first, """{"server_id":"tools","action":"toggle"}""")).IsResult);
        await Eventually.Async(async () => (await caller.CallAsync(WhoAmI, second)).IsResult, pause: s_pace);

        LocalTopology.Signal("-KILL", replicas[0].ProcessId);

        await Eventually.Passes(async () => Assert.Equal((true, Address), await caller.CallAsync(WhoAmI, second)), pause: s_pace);
        await Eventually.Async(async () => (await topology.ResourcesAsync()).Where(resource => resource.Name == "edge").All(resource => resource.Ready && resource.Pid != replicas[0].ProcessId));
        await Eventually.Passes(async () => Assert.Equal((true, Address), await caller.CallAsync(WhoAmI)), pause: s_pace);
        foreach (var replica in replicas)
        {
            replica.Dispose();
        }
    }
}
