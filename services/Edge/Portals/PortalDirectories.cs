using System.Collections.Concurrent;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Portals;

/// <summary>What each portal is on the newest snapshot, built when it is asked for and kept until the snapshot changes.</summary>
internal sealed class PortalDirectories(RouteTableSource routes)
{
    private readonly ConcurrentDictionary<Guid, PortalDirectory> _known = new();

    /// <summary>The portal of an application of type <c>mcp_portal</c>; null while there is none.</summary>
    public PortalDirectory? Find(Guid applicationId)
    {
        if (routes.Current?.Snapshot is not { } snapshot)
        {
            return null;
        }

        var known = _known.GetValueOrDefault(applicationId);
        if (known is not null && ReferenceEquals(known.Snapshot, snapshot))
        {
            return known;
        }

        var portal = snapshot.McpPortals.Values.Where(portal => portal.ApplicationId == applicationId).OrderBy(portal => portal.Id).FirstOrDefault();
        if (portal is null)
        {
            _known.TryRemove(applicationId, out _);
            return null;
        }

        return _known[applicationId] = PortalDirectory.Build(snapshot, portal, known);
    }
}
