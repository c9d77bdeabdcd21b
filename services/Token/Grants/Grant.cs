using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Token.Grants;

/// <summary>A grant as its events made it. Only a fold: every decision about it is a function elsewhere.</summary>
public sealed class Grant
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    public GrantKind Kind { get; set; }

    public GrantSubject Subject { get; set; } = null!;

    public Identity Identity { get; set; } = null!;

    /// <summary>The decision that admitted the user last, or the one that ended the grant.</summary>
    public PolicyDecision Decision { get; set; } = null!;

    /// <summary>Position of the configuration behind <see cref="Decision"/>.</summary>
    public long ConfigurationPosition { get; set; }

    public string TokenEndpointAuthMethod { get; set; } = "none";

    public string RedirectUri { get; set; } = "";

    public string Resource { get; set; } = "";

    public string Scope { get; set; } = "";

    public string CodeHash { get; set; } = "";

    public string CodeChallenge { get; set; } = "";

    /// <summary>Hash of the current refresh token: the only one that rotates.</summary>
    public string RefreshTokenHash { get; set; } = "";

    /// <summary>Hash of its predecessor, which yields it again until <see cref="GraceEndsAt"/>.</summary>
    public string PreviousTokenHash { get; set; } = "";

    public DateTimeOffset? GraceEndsAt { get; set; }

    /// <summary>Which refresh token is current: 1 = the first.</summary>
    public int Generation { get; set; }

    public DateTimeOffset LoginAt { get; set; }

    public DateTimeOffset IssuedAt { get; set; }

    /// <summary><see cref="IssuedAt"/> in microseconds since 1970: the order of lists.</summary>
    public long IssuedOrder { get; set; }

    /// <summary>From when on it gives no access, in microseconds since 1970: its end, or the end of its time. It was live from <see cref="IssuedOrder"/> until here.</summary>
    public long EndsOrder => OrderOf(EndedAt < ExpiresAt ? EndedAt.Value : ExpiresAt);

    public DateTimeOffset? RefreshedAt { get; set; }

    /// <summary>The end, counted from the login.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>When the longest access token or session that was ever given out is over.</summary>
    public DateTimeOffset AccessEndsAt { get; set; }

    public bool IsLive { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Stored name of the event that ended it: <c>grant_expired</c>, ...</summary>
    public string? EndReason { get; set; }

    /// <summary>A time in microseconds since 1970, as they are stored to be compared.</summary>
    public static long OrderOf(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static Grant Create(GrantIssued e) => new()
    {
        Kind = e.Kind,
        Subject = e.Subject,
        Identity = e.Identity,
        Decision = e.Decision,
        ConfigurationPosition = e.ConfigurationPosition,
        TokenEndpointAuthMethod = e.TokenEndpointAuthMethod,
        RedirectUri = e.RedirectUri,
        Resource = e.Resource,
        Scope = e.Scope,
        CodeHash = e.CodeHash,
        CodeChallenge = e.CodeChallenge,
        RefreshTokenHash = e.RefreshTokenHash,
        Generation = e.RefreshTokenHash.Length == 0 ? 0 : 1,
        LoginAt = e.LoginAt,
        IssuedAt = e.IssuedAt,
        IssuedOrder = OrderOf(e.IssuedAt),
        ExpiresAt = e.ExpiresAt,
        AccessEndsAt = e.AccessEndsAt,
        IsLive = true,
    };

    public void Apply(GrantRefreshed e)
    {
        (PreviousTokenHash, RefreshTokenHash, GraceEndsAt) = (RefreshTokenHash, e.RefreshTokenHash, e.GraceEndsAt);
        Generation++;
        RefreshedAt = e.RefreshedAt;
        Identity = e.Identity ?? Identity;
        Admitted(e.Decision, e.ConfigurationPosition, e.ExpiresAt, e.AccessEndsAt);
    }

    public void Apply(GrantRefreshRepeated e) => Admitted(e.Decision, e.ConfigurationPosition, e.ExpiresAt, e.AccessEndsAt);

    public void Apply(AccessTokenRevoked e)
    {
        // The grant lives on; which token is dead is the feed's to know.
    }

    public void Apply(LinkedAccessGiven e)
    {
        // What another application was told about the user; nothing about this grant changed.
    }

    public void Apply(GrantIdentityChanged e) => (Identity, Decision) = (e.Identity, e.Decision);

    public void Apply(GrantRefreshDenied e) => End(e, "grant_refresh_denied");

    public void Apply(GrantDenied e) => End(e, "grant_denied");

    public void Apply(GrantReplayDetected e) => End(e, "grant_replay_detected");

    public void Apply(GrantRevoked e) => End(e, "grant_revoked");

    public void Apply(GrantExpired e) => End(e, "grant_expired");

    private void Admitted(PolicyDecision decision, long position, DateTimeOffset expiresAt, DateTimeOffset accessEndsAt)
        => (Decision, ConfigurationPosition, ExpiresAt, AccessEndsAt) = (decision, position, expiresAt, accessEndsAt);

    // The first end counts; nothing is appended after it, and a fold over anything else still tells when it really ended.
    private void End(IGrantEnd end, string reason)
    {
        if (IsLive)
        {
            (IsLive, EndedAt, EndReason, Decision) = (false, end.EndedAt, reason, end.Decision);
        }
    }
}
