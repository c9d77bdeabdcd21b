using System.ComponentModel.DataAnnotations;

namespace ManagedOAuth.Edge.Portals;

/// <summary>What portals are held to (section <c>Edge:Portals</c>). Calls are counted by each edge for itself.</summary>
public sealed class PortalOptions
{
    public const string Section = "Edge:Portals";

    /// <summary>Messages of one user in a minute, whatever they are about; pings are not counted.</summary>
    [Range(1, 10_000_000)]
    public int UserCallsPerMinute { get; set; } = 1200;

    /// <summary>Sessions that one user begins in a minute.</summary>
    [Range(1, 10_000_000)]
    public int UserSessionsPerMinute { get; set; } = 300;

    /// <summary>Calls of one user in a minute at one server, where the server's own record says nothing.</summary>
    [Range(1, 10_000_000)]
    public int UserCallsPerServerAndMinute { get; set; } = 600;

    /// <summary>Calls of one tool by one user in a minute.</summary>
    [Range(1, 10_000_000)]
    public int UserCallsPerToolAndMinute { get; set; } = 300;

    /// <summary>Calls at one server in a minute, of all users.</summary>
    [Range(1, 10_000_000)]
    public int ServerCallsPerMinute { get; set; } = 60_000;

    /// <summary>Calls of one user that are under way at one server at the same time.</summary>
    [Range(1, 100_000)]
    public int ConcurrentCallsPerUserAndServer { get; set; } = 32;

    /// <summary>Calls that are under way at one server at the same time, of all users.</summary>
    [Range(1, 100_000)]
    public int ConcurrentCallsPerServer { get; set; } = 1024;
}
