namespace ManagedOAuth.Edge.Portals.Protocol;

/// <summary>The protocol revisions that a portal speaks, and what differs between them.</summary>
internal static class Revisions
{
    /// <summary>The first revision without sessions: each request carries everything (SEP-2575).</summary>
    public const string Stateless = "2026-07-28";

    /// <summary>The newest revision with sessions; the answer to a client that asks for one that is not known.</summary>
    public const string NewestWithSessions = "2025-11-25";

    /// <summary>Revisions that begin with <c>initialize</c>, newest first.</summary>
    public static readonly string[] WithSessions = [NewestWithSessions, "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <summary>Revisions without sessions.</summary>
    public static readonly string[] WithoutSessions = [Stateless];

    public static bool HasSessions(string revision) => WithSessions.Contains(revision);

    public static bool IsStateless(string revision) => WithoutSessions.Contains(revision);

    /// <summary>The revision for a client that asked for one in <c>initialize</c>.</summary>
    public static string Negotiate(string? asked) => asked is not null && HasSessions(asked) ? asked : NewestWithSessions;

    /// <summary>An event stream begins with an empty event that has an id (2025-11-25); older clients may fail on it.</summary>
    public static bool HasPrimingEvent(string revision) => string.CompareOrdinal(revision, NewestWithSessions) >= 0;
}

/// <summary>HTTP headers of the protocol.</summary>
internal static class McpHeaders
{
    public const string SessionId = "Mcp-Session-Id";
    public const string ProtocolVersion = "MCP-Protocol-Version";
    public const string LastEventId = "Last-Event-ID";
    public const string Method = "Mcp-Method";
    public const string Name = "Mcp-Name";
}
