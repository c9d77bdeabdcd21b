using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Portals;

/// <summary>What each portal is on the snapshot that requests are routed by.</summary>
internal sealed class PortalDirectories(RouteTableSource routes)
{
    private readonly PortalDirectoryCache _known = new();

    /// <summary>The portal of an application of type <c>mcp_portal</c>; null while there is none.</summary>
    public PortalDirectory? Find(Guid applicationId) => routes.Current is { } current ? _known.Find(current.Snapshot, applicationId) : null;
}
