namespace ManagedOAuth.ServiceDefaults.Snapshots;

/// <summary>A frame does not continue what was read so far; the reader begins the stream anew.</summary>
internal sealed class FeedOrderException(string message) : Exception(message);
