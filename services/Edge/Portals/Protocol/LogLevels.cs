namespace ManagedOAuth.Edge.Portals.Protocol;

/// <summary>The levels of <c>notifications/message</c> (MCP, Logging), those of syslog.</summary>
internal static class LogLevels
{
    /// <summary>The notification that has a level.</summary>
    public const string Message = "notifications/message";

    /// <summary>From the one with which everything is told.</summary>
    public static readonly string[] All = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

    /// <summary>Where a level stands; null when it is none.</summary>
    public static int? RankOf(string? level) => Array.IndexOf(All, level) is >= 0 and var rank ? rank : null;

    /// <summary>Whether a message is for somebody who asked for a level; nobody who asked for none gets any.</summary>
    public static bool Includes(string? asked, RpcMessage message)
        => RankOf(asked) is { } least && RankOf(message.Text("level")) >= least;
}
