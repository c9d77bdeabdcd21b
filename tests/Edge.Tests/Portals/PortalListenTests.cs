using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Listening: <c>subscriptions/listen</c> (2026-07-28) and GET (revisions with sessions). Each hears what it asked for and may see.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalListenTests(World world) : IAsyncLifetime
{
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: false, upstream =>
        {
            upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
            upstream.Prompts.Add(McpServerPrompt.Create(() => "Hello", new() { Name = "greet" }));
        });
        _portal = await PortalHarness.CreateAsync(world, $"listen-{Guid.NewGuid():N}.test");
    }

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Subscription_IsAcknowledged_AndHearsWhatItAskedFor()
    {
        await _portal.AddAsync("things", _upstream);
        await using var tools = await _portal.OpenStatelessAsync(_portal.Token(), "subscriptions/listen", """{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]} }""");
        await using var prompts = await _portal.OpenStatelessAsync(_portal.Token(), "subscriptions/listen", """{"notifications":{"promptsListChanged":true} }""");
        Assert.Equal(200, tools.Status);
        var acknowledged = (await tools.NextAsync()).Json;
        Assert.Equal("notifications/subscriptions/acknowledged", acknowledged.GetProperty("method").GetString());
        Assert.Equal("""{"toolsListChanged":true}""", acknowledged.GetProperty("params").GetProperty("notifications").GetRawText());
        await prompts.NextAsync();

        await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "read", Enabled = false }] }] });
        await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedPrompts = [new() { Name = "greet", Enabled = false }] }] });
        foreach (var (stream, method) in new[] { (tools, "notifications/tools/list_changed"), (prompts, "notifications/prompts/list_changed") })
        {
            var changed = (await stream.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json;
            Assert.Equal(method, changed.GetProperty("method").GetString());
            Assert.Equal(1, changed.GetProperty("params").GetProperty("_meta").GetProperty("io.modelcontextprotocol/subscriptionId").GetInt32());
        }
    }

    // M10, M26: that something changed at a server is told to nobody who does not see it.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ChangesOfAServer_AreToldOnlyToThoseWhoSeeIt(bool hasSession)
    {
        await _portal.AddAsync("hers", _upstream, policies: World.Allow(new Rule.Email("alice@example.com")));
        await _portal.AddAsync("everyones", _upstream);
        var bob = _portal.Token("bob@example.com");
        await using var stream = hasSession
            ? await _portal.ListenAsync(bob, await _portal.InitializeAsync(bob))
            : await _portal.OpenStatelessAsync(bob, "subscriptions/listen", """{"notifications":{"toolsListChanged":true,"promptsListChanged":true} }""");
        if (!hasSession)
        {
            await stream.NextAsync();
        }

        await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "read", Enabled = false }] }, portal.Servers[1]] });
        await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0], portal.Servers[1] with { UpdatedPrompts = [new() { Name = "greet", Enabled = false }] }] });
        var heard = (await stream.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json;
        Assert.Equal("notifications/prompts/list_changed", heard.GetProperty("method").GetString());
    }
}
