using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Contracts.Tests.Portals;

public sealed class PortalDirectoryTests
{
    private static readonly PortalVisitor s_alice = PortalWorld.User("alice@example.com");

    [Fact]
    public void Definition_KeepsEverythingButNameAndDescription()
    {
        var world = new PortalWorld();
        world.Server("gh", ["search"], settings: s => s with { UpdatedTools = [new() { Name = "search", Alias = "find", Description = "ours" }] });
        var tool = Assert.Single(world.Directory().Servers[0].Tools);
        Assert.Equal("{\"name\":\"gh_find\",\"description\":\"ours\",\"inputSchema\":{\"type\":\"object\"},\"x_unknown\":1.50}", Encoding.UTF8.GetString(tool.Definition.Span));
    }

    [Fact]
    public void Alias_OfThePortal_ComesBeforeTheServers_AndTheOldNameIsNone()
    {
        var world = new PortalWorld();
        world.Server(
            "gh",
            ["search", "read"],
            server: s => s with { UpdatedTools = [new() { Name = "search", Alias = "servers" }, new() { Name = "read", Alias = "get" }] },
            settings: s => s with { UpdatedTools = [new() { Name = "search", Alias = "portals" }] });
        var directory = world.Directory();
        Assert.Equal(["gh_portals", "gh_get"], directory.Servers[0].Tools.Select(tool => tool.VisibleName));
        Assert.Equal("search", directory.ResolveTool(s_alice, "gh_portals")?.Tool.Name);
        Assert.Null(directory.ResolveTool(s_alice, "gh_search"));
        Assert.Null(directory.ResolveTool(s_alice, "gh_servers"));
    }

    [Fact]
    public void Alias_ThatIsAnotherToolsName_IsNotFollowed()
    {
        var world = new PortalWorld();
        world.Server("gh", ["read", "delete"], settings: s => s with { UpdatedTools = [new() { Name = "delete", Alias = "read" }] });
        var directory = world.Directory();
        Assert.Equal("read", directory.ResolveTool(s_alice, "gh_read")?.Tool.Name);
        Assert.Equal("delete", directory.ResolveTool(s_alice, "gh_delete")?.Tool.Name);
    }

    [Fact]
    public void Names_OfServersWithCommonBeginnings_DoNotMeet()
    {
        var world = new PortalWorld();
        world.Server("gh", ["admin_x"]);
        world.Server("gh-admin", ["x"]);
        world.Server("gh_admin", ["x"]);
        world.Server("portal", ["toggle_servers"]);
        var directory = world.Directory();
        Assert.Equal(["gh", "gh-admin"], directory.Servers.Select(server => server.ServerId));
        Assert.Equal("gh", directory.ResolveTool(s_alice, "gh_admin_x")?.Server.ServerId);
        Assert.Equal("gh-admin", directory.ResolveTool(s_alice, "gh-admin_x")?.Server.ServerId);
        Assert.Null(directory.ResolveTool(s_alice, "portal_toggle_servers"));
    }

    [Fact]
    public void DefaultDisabled_IsAnAllowList()
    {
        var world = new PortalWorld();
        world.Server(
            "gh",
            ["a", "b", "c"],
            server: s => s with { UpdatedTools = [new() { Name = "c", Enabled = true }] },
            settings: s => s with { DefaultDisabled = true, UpdatedTools = [new() { Name = "a", Enabled = true }, new() { Name = "b", Description = "no switch" }] });
        var directory = world.Directory();
        Assert.NotNull(directory.ResolveTool(s_alice, "gh_a"));
        Assert.Null(directory.ResolveTool(s_alice, "gh_b"));
        Assert.Null(directory.ResolveTool(s_alice, "gh_c"));
    }

    [Fact]
    public void Switch_OfThePortal_ComesBeforeTheServers()
    {
        var world = new PortalWorld();
        world.Server(
            "gh",
            ["a", "b"],
            server: s => s with { UpdatedTools = [new() { Name = "a", Enabled = false }, new() { Name = "b", Enabled = false }] },
            settings: s => s with { UpdatedTools = [new() { Name = "a", Enabled = true }] });
        var directory = world.Directory();
        Assert.NotNull(directory.ResolveTool(s_alice, "gh_a"));
        Assert.Null(directory.ResolveTool(s_alice, "gh_b"));
    }

    [Fact]
    public void Quarantine_IsStrongerThanEverySwitch()
    {
        var world = new PortalWorld();
        world.Server(
            "gh",
            ["a"],
            definition: d => d with { Approved = false },
            settings: s => s with { DefaultDisabled = true, UpdatedTools = [new() { Name = "a", Enabled = true }] });
        var directory = world.Directory();
        Assert.Equal(PortalCapabilityState.Quarantined, directory.Servers[0].Tools[0].State);
        Assert.Null(directory.ResolveTool(s_alice, "gh_a"));
    }

    [Fact]
    public void HostileNames_AreLeftOut()
    {
        var world = new PortalWorld();
        world.Server("gh", ["ok", "ok", "", " x", "a\u0000b", "a\nb", "ünicode", new string('x', 129), new string('x', 1 << 20)]);
        var tools = world.Directory().Servers[0].Tools;
        Assert.Equal(["ok"], tools.Where(tool => tool.State == PortalCapabilityState.Available).Select(tool => tool.Name));
        Assert.All(tools.Skip(1), tool => Assert.NotEqual("", tool.Problem));
    }

    [Fact]
    public void Tools_BeyondTheMost_AreLeftOut()
    {
        var world = new PortalWorld();
        world.Server("gh", Enumerable.Range(0, 100_000).Select(i => $"t{i}"));
        Assert.Equal(1000, world.Directory().Servers[0].Tools.Count);
    }

    [Fact]
    public void Server_WithoutApplication_OrWithAMissingPolicy_IsNobodys()
    {
        var without = new PortalWorld();
        without.Server("gh", ["a"]);
        without.WithoutApplications();
        Assert.Null(without.Directory().ResolveTool(s_alice, "gh_a"));

        var missing = new PortalWorld();
        missing.Server("gh", ["a"]);
        missing.WithoutPolicies();
        Assert.Null(missing.Directory().ResolveTool(s_alice, "gh_a"));
    }

    [Fact]
    public void ToolPolicy_IsAskedInAdditionToTheServers()
    {
        var world = new PortalWorld();
        var alice = world.Policy(PolicyAction.Allow, new Rule.Email("alice@example.com"));
        world.Server("gh", ["read", "write_a", "write_b"], server: s => s with { ToolPolicies = [new McpToolPolicy { Tools = ["write_*"], Policies = [alice.Id] }] });
        var directory = world.Directory();
        var bob = PortalWorld.User("bob@example.com");
        Assert.NotNull(directory.ResolveTool(s_alice, "gh_write_b"));
        Assert.Null(directory.ResolveTool(bob, "gh_write_b"));
        Assert.NotNull(directory.ResolveTool(bob, "gh_read"));
    }

    [Fact]
    public void UnknownFacts_HideAServer()
    {
        var world = new PortalWorld();
        world.Server("gh", ["a"], [world.Policy(PolicyAction.Allow, new Rule.Ip("10.0.0.0/8"))]);
        Assert.Null(world.Directory().ResolveTool(s_alice, "gh_a"));
    }

    [Fact]
    public void ServiceToken_NeedsServiceAuth_AndAServerWithoutAccountsOfUsers()
    {
        var token = Guid.NewGuid();
        var world = new PortalWorld();
        var machine = world.Policy(PolicyAction.NonIdentity, new Rule.ServiceToken(token));
        world.Server("shared", ["a"], [machine], settings: s => s with { OnBehalf = false }, server: s => s with { AuthType = McpAuthType.Oauth });
        world.Server("own", ["a"], [machine], server: s => s with { AuthType = McpAuthType.Oauth });
        world.Server("people", ["a"]);
        var directory = world.Directory();
        Assert.NotNull(directory.ResolveTool(PortalWorld.Machine(token), "shared_a"));
        Assert.Null(directory.ResolveTool(PortalWorld.Machine(token), "own_a"));
        Assert.Null(directory.ResolveTool(PortalWorld.Machine(token), "people_a"));
        Assert.Null(directory.ResolveTool(PortalWorld.Machine(Guid.NewGuid()), "shared_a"));
        Assert.Null(directory.ResolveTool(s_alice, "shared_a"));
    }
}
