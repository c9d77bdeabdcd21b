using ManagedOAuth.Edge.Tests.Harness;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Tests at a portal of their own, with one server with sessions behind it or ready to be put there.</summary>
/// <param name="world">The edge and its peers.</param>
/// <param name="name">Begins the portal's host name.</param>
/// <param name="fill">What the server offers.</param>
[Collection(WorldCollection.Name)]
public abstract class PortalTests(World world, string name, Action<McpUpstream> fill) : IAsyncLifetime
{
    protected World World => world;

    protected PortalHarness Portal { get; private set; } = null!;

    protected McpUpstream Upstream { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        Upstream = await McpUpstream.StartAsync("things", isStateless: false, fill);
        Portal = await PortalHarness.CreateAsync(world, $"{name}-{Guid.NewGuid():N}.test");
    }

    public virtual async Task DisposeAsync()
    {
        await Portal.DisposeAsync();
        await Upstream.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
