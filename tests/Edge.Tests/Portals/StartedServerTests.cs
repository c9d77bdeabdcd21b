using ManagedOAuth.Edge.Tests.Harness;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Tests at a portal of their own, with one server that each test starts as it wants it.</summary>
/// <param name="world">The edge and its peers.</param>
/// <param name="name">Begins the portal's host name.</param>
/// <param name="fill">What the server offers.</param>
[Collection(WorldCollection.Name)]
public abstract class StartedServerTests(World world, string name, Action<McpUpstream> fill) : IAsyncLifetime
{
    protected World World => world;

    protected PortalHarness Portal { get; private set; } = null!;

    protected McpUpstream Upstream { get; private set; } = null!;

    /// <summary>The server's record.</summary>
    protected Contracts.Configuration.McpServer Things { get; private set; } = null!;

    public async Task InitializeAsync() => Portal = await PortalHarness.CreateAsync(world, $"{name}-{Guid.NewGuid():N}.test");

    public async Task DisposeAsync()
    {
        await Portal.DisposeAsync();
        if (Upstream is not null)
        {
            await Upstream.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the server, and puts it into the portal as <c>things</c>.</summary>
    protected async Task StartAsync(bool isStateless, Func<Contracts.Configuration.McpServer, Contracts.Configuration.McpServer>? change = null)
    {
        Upstream = await McpUpstream.StartAsync("things", isStateless, fill);
        Things = await Portal.AddAsync("things", Upstream, change);
    }

    /// <summary>See <see cref="PortalHarness.SetTimeoutAsync"/>.</summary>
    protected Task SetTimeoutAsync(string timeout) => Portal.SetTimeoutAsync(Things, timeout);
}
