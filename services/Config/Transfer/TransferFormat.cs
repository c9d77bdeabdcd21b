namespace ManagedOAuth.Config.Transfer;

/// <summary>The file that <c>/access/export</c> writes and <c>/access/apply</c> reads, and its limits.</summary>
public static class TransferFormat
{
    /// <summary><c>format</c> of every file.</summary>
    public const string Name = "managedoauth.configuration";

    /// <summary><c>format_version</c>: raised when a file of this version would be misread by a product that knows an older one only.</summary>
    public const int Version = 1;

    /// <summary>Largest file, in bytes.</summary>
    public const int MaximumLength = 64 * 1024 * 1024;

    /// <summary>Most objects in one file.</summary>
    public const int MaximumObjects = 100_000;

    /// <summary>Objects that one transaction changes at most. A file that changes more becomes a job of several.</summary>
    public const int BatchSize = 500;

    /// <summary>Events that one transaction appends at most: an object brings along those of what goes with it, as an application its own policies.</summary>
    public const int BatchEvents = 800;
}
