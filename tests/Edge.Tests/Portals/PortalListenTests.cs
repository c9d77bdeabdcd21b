using System.Text.Json;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Listening: <c>subscriptions/listen</c> (2026-07-28) and GET (revisions with sessions). Each hears what it asked for and may see.</summary>
public sealed class PortalListenTests(World world) : PortalTests(world, "listen", upstream =>
{
    upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
    upstream.Prompts.Add(McpServerPrompt.Create(() => "Hello", new() { Name = "greet" }));
})
{
    [Fact]
    public async Task Subscription_IsAcknowledged_AndHearsWhatItAskedFor()
    {
        await Portal.AddAsync("things", Upstream);
        await using var tools = await Portal.OpenStatelessAsync(Portal.Token(), "subscriptions/listen", """{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]} }""");
        await using var prompts = await Portal.OpenStatelessAsync(Portal.Token(), "subscriptions/listen", """{"notifications":{"promptsListChanged":true} }""");
        Assert.Equal(200, tools.Status);
        var acknowledged = (await tools.NextAsync()).Json;
        Assert.Equal("notifications/subscriptions/acknowledged", acknowledged.GetProperty("method").GetString());
        Assert.Equal("""{"toolsListChanged":true}""", acknowledged.GetProperty("params").GetProperty("notifications").GetRawText());
        await prompts.NextAsync();

        await Portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "read", Enabled = false }] }] });
        await Portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedPrompts = [new() { Name = "greet", Enabled = false }] }] });
        foreach (var (stream, method) in new[] { (tools, "notifications/tools/list_changed"), (prompts, "notifications/prompts/list_changed") })
        {
            var changed = (await stream.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json;
            Assert.Equal(method, changed.GetProperty("method").GetString());
            Assert.Equal(1, changed.GetProperty("params").GetProperty("_meta").GetProperty("io.modelcontextprotocol/subscriptionId").GetInt32());
        }
    }

    [Theory]
    [InlineData("2025-11-25")]
    [InlineData("2025-06-18")]
    [InlineData("2026-07-28")]
    public async Task ChangesOfEachList_AreToldInEachRevision(string revision)
    {
        var record = await Portal.AddAsync("things", Upstream);
        var catalog = await Upstream.CatalogAsync(record);
        var token = Portal.Token();
        await using var stream = await ListenAsync(token, revision, """{"notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true} }""");
        var resource = JsonSerializer.SerializeToElement(new { uri = "things://new", name = "new" });
        var states = new[]
        {
            ("tools", catalog with { Tools = [] }),
            ("prompts", catalog with { Tools = [], Prompts = [] }),
            ("resources", catalog with { Tools = [], Prompts = [], Resources = [resource] }),
        };
        foreach (var (list, state) in states)
        {
            World.Configuration.Put(state);
            JsonElement heard;
            do
            {
                heard = (await stream.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json;
            }
            while (heard.GetProperty("method").GetString() != $"notifications/{list}/list_changed");
        }
    }

    // M10, M26: that something changed at a server is told to nobody who does not see it.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ChangesOfAServer_AreToldOnlyToThoseWhoSeeIt(bool hasSession)
    {
        await Portal.AddAsync("hers", Upstream, policies: World.Allow(new Rule.Email("alice@example.com")));
        await Portal.AddAsync("everyones", Upstream);
        var bob = Portal.Token("bob@example.com");
        await using var stream = await ListenAsync(bob, hasSession ? "2025-11-25" : "2026-07-28", """{"notifications":{"toolsListChanged":true,"promptsListChanged":true} }""");
        await Portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "read", Enabled = false }] }, portal.Servers[1]] });
        await Portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0], portal.Servers[1] with { UpdatedPrompts = [new() { Name = "greet", Enabled = false }] }] });
        var heard = (await stream.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json;
        Assert.Equal("notifications/prompts/list_changed", heard.GetProperty("method").GetString());
    }

    // When this returns, what changes is told: the head of an answer comes a moment before.
    private async Task<EventReader> ListenAsync(string token, string revision, string parameters)
    {
        if (revision == "2026-07-28")
        {
            var subscribed = await Portal.OpenStatelessAsync(token, "subscriptions/listen", parameters);
            await subscribed.NextAsync();
            return subscribed;
        }

        var session = await Portal.InitializeAsync(token, revision);
        var stream = await Portal.ListenAsync(token, session);
        await Eventually.Async(() => World.Edge.Get<Listeners>().Hears(session));
        return stream;
    }
}
