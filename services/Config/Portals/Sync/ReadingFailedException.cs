using ManagedOAuth.Config.Portals.Servers;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary>A server could not be read.</summary>
/// <param name="error">Why.</param>
/// <param name="inner">The cause.</param>
public sealed class ReadingFailedException(McpSyncError error, Exception? inner = null) : Exception(error?.Cause, inner)
{
    /// <summary>Why; nothing secret.</summary>
    public McpSyncError Error => error;
}
