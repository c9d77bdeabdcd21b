using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Tests.Harness;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Tests at a portal whose server has a tool that goes on until it is released.</summary>
/// <param name="world">The edge and its peers.</param>
/// <param name="name">Begins the portal's host name.</param>
/// <param name="tool">The tool.</param>
/// <param name="more">What the server offers besides.</param>
public abstract class LongToolTests(World world, string name, LongTool tool, Action<McpUpstream>? more = null) : PortalTests(world, name, upstream =>
{
    upstream.Tools.Add(tool.Create());
    more?.Invoke(upstream);
})
{
    protected LongTool Long => tool;

    /// <summary>The server's record.</summary>
    protected McpServer Things { get; private set; } = null!;

    /// <summary>Puts another version of the record, and waits until the edge knows it.</summary>
    protected async Task EditAsync(Func<McpServer, McpServer> change)
    {
        Things = change(Things) with { Version = Things.Version + 1 };
        World.Configuration.Put(Things);
        await World.KnowsAsync();
    }

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Things = await Portal.AddAsync("things", Upstream);
    }

    public override async Task DisposeAsync()
    {
        tool.Release();
        await base.DisposeAsync();
    }
}
