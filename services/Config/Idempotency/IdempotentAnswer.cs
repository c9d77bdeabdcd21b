namespace ManagedOAuth.Config.Idempotency;

/// <summary>The first answer to a request with an <c>Idempotency-Key</c>, kept for a day. Without what is shown once.</summary>
/// <param name="Id">SHA-256 of caller and key: the key itself is not kept.</param>
/// <param name="Request">SHA-256 of method, path, query and body.</param>
/// <param name="Body">The envelope.</param>
public sealed record IdempotentAnswer(string Id, string Request, int Status, string Body, string? EntityTag, DateTimeOffset At)
{
    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);
}
