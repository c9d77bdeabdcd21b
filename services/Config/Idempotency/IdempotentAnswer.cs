namespace ManagedOAuth.Config.Idempotency;

/// <summary>The first answer to a request with an <c>Idempotency-Key</c>, kept for a day. Without what is shown once.</summary>
/// <param name="Id">SHA-256 of caller and key: the key itself is not kept.</param>
/// <param name="Request">SHA-256 of method, path, query and body.</param>
/// <param name="Body">The envelope.</param>
public sealed record IdempotentAnswer(string Id, string Request, int Status, string Body, string? EntityTag, DateTimeOffset At)
{
    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>How long a key is reserved for a request that says nothing more: longer than any request lasts, with a file that arrives slowly.</summary>
    public static readonly TimeSpan Reserved = TimeSpan.FromMinutes(5);

    /// <summary>Stands in <c>Status</c> while the first request is under way.</summary>
    public const int UnderWay = 0;

    /// <summary>Which request the key is reserved for; null in an answer.</summary>
    public string? Reservation { get; init; }
}
