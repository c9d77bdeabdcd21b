using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Contracts.Tests.Portals;

public sealed class PortalDirectoryCacheTests
{
    private readonly PortalDirectoryCache _cache = new();
    private readonly McpPortal _portal = new() { Id = Guid.NewGuid(), PortalId = "p", Name = "P", Hostname = "p.test", ApplicationId = Guid.NewGuid() };

    [Fact]
    public void Directory_IsBuiltOnceForASnapshot_AndAnewForTheNext()
    {
        var snapshot = With(_portal);
        var first = _cache.Find(snapshot, _portal.ApplicationId);
        Assert.Same(snapshot, first!.Snapshot);
        Assert.Same(first, _cache.Find(snapshot, _portal.ApplicationId));

        var renamed = _cache.Find(With(_portal with { Name = "Renamed" }), _portal.ApplicationId);
        Assert.Equal("Renamed", renamed!.Portal.Name);
        Assert.Null(_cache.Find(ConfigurationSnapshot.Empty, _portal.ApplicationId));
        Assert.Null(_cache.Find(snapshot, Guid.NewGuid()));
    }

    private static ConfigurationSnapshot With(McpPortal portal) => ConfigurationSnapshot.Empty with { McpPortals = ConfigurationSnapshot.Empty.McpPortals.Add(portal.Id, portal) };
}
