using System.ComponentModel.DataAnnotations;

namespace ManagedOAuth.Edge.Portals;

/// <summary>What portals are held to (section <c>Edge:Portals</c>). What counts in a minute is counted for all edges together, what is under way by each for itself.</summary>
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

    /// <summary>How long the counting for all edges together may take; after that an edge counts by itself, and holds up no call for longer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan CountingPatience { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Sessions of one user that live at the same time: one more ends the one that was silent for longest.</summary>
    [Range(1, 1_000_000)]
    public int SessionsPerUser { get; set; } = 500;

    /// <summary>Streams on which clients of one user listen at the same time.</summary>
    [Range(1, 100_000)]
    public int StreamsPerUser { get; set; } = 256;

    /// <summary>Longest silence before a session of the portal with a server is ended. A call that goes on, and a client that listens, are no silence.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan UpstreamIdle { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a server may take for a notification of a client: it has only to take it, and the client waits as long.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan TellingPatience { get; set; } = TimeSpan.FromSeconds(2);
}
