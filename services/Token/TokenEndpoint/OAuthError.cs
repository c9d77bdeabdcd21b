namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>An error response (RFC 6749 §5.2): a code that clients act on and a description for people, never with what the client sent.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">The <c>error</c> member.</param>
/// <param name="Description">The <c>error_description</c> member; ASCII without quotes and backslashes.</param>
public sealed record OAuthError(int Status, string Code, string Description)
{
    /// <summary>Seconds after which the client may try again; sent as <c>Retry-After</c>.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The client used the Authorization header, so the answer names the scheme (RFC 6749 §5.2).</summary>
    public bool ChallengeBasic { get; init; }

    public static OAuthError InvalidRequest(string description) => new(400, "invalid_request", description);

    public static OAuthError InvalidClient(string description, bool challengeBasic = false)
        => new(401, "invalid_client", description) { ChallengeBasic = challengeBasic };

    public static OAuthError InvalidGrant(string description) => new(400, "invalid_grant", description);

    public static OAuthError UnauthorizedClient(string description) => new(400, "unauthorized_client", description);

    public static OAuthError UnsupportedGrantType(string description) => new(400, "unsupported_grant_type", description);

    public static OAuthError InvalidScope(string description) => new(400, "invalid_scope", description);

    /// <summary>RFC 8707 §2.</summary>
    public static OAuthError InvalidTarget(string description) => new(400, "invalid_target", description);

    /// <summary>An outage of ours: nothing was consumed, the same request will work later. Never told as <c>invalid_grant</c>, on which clients drop their tokens.</summary>
    public static OAuthError TemporarilyUnavailable() => new(503, "temporarily_unavailable", "The service cannot decide this right now. Try again.") { RetryAfter = 2 };

    /// <summary>This client asks too often. Not <c>invalid_grant</c> either.</summary>
    public static OAuthError TooManyRequests(TimeSpan retryAfter) => new(429, "temporarily_unavailable", "Too many requests. Try again after the time in Retry-After.")
    {
        RetryAfter = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds)),
    };
}
