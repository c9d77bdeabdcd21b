namespace ManagedOAuth.Config.Feed;

/// <summary>Names this database once and for all, so that readers notice when they are given another one.</summary>
public sealed record FeedEpoch(string Id, string Value)
{
    public const string DocumentId = "epoch";
}
