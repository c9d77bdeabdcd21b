using System.Collections.Concurrent;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>What each portal is on the newest snapshot, built when it is asked for and kept until it is asked for on another one.</summary>
public sealed class PortalDirectoryCache
{
    private readonly ConcurrentDictionary<Guid, PortalDirectory> _known = new();

    /// <summary>The portal of an application of type <c>mcp_portal</c>; null where there is none.</summary>
    /// <param name="snapshot">The configuration to decide on.</param>
    /// <param name="applicationId">The portal's application.</param>
    public PortalDirectory? Find(ConfigurationSnapshot snapshot, Guid applicationId)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
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
