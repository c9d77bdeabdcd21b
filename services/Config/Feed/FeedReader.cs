namespace ManagedOAuth.Config.Feed;

/// <summary>One process that reads the feed, and how far it is.</summary>
/// <param name="Id">Service and reader.</param>
/// <param name="Position">What it has put in force.</param>
/// <param name="At">When it last said so.</param>
public sealed record FeedReader(string Id, string Service, string Reader, string Epoch, long Position, DateTimeOffset At);
