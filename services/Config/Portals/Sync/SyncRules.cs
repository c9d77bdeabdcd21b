using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary>Decides when a server is read, and what a reading makes of its status. Pure.</summary>
public static class SyncRules
{
    /// <summary>How often a server is read without a reason.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromHours(2);

    /// <summary>Shortest time between a reading and one that what was heard of the server leads to.</summary>
    public static readonly TimeSpan ShortestHeardPause = TimeSpan.FromSeconds(10);

    /// <summary>The same for a server that is heard of all the time.</summary>
    public static readonly TimeSpan LongestHeardPause = TimeSpan.FromMinutes(10);

    // A server that was silent for so many pauses is met as one that is heard of for the first time.
    private const int QuietPauses = 3;

    private static readonly TimeSpan s_firstRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_untilLogin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_untilPeer = TimeSpan.FromSeconds(15);

    /// <summary>Whether a server is to be read.</summary>
    public static bool IsDue(McpServer server, McpServerStatus status, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(server);
        return status.LeasedUntil <= now
            && server.Version >= status.ServerVersion // A replica that has not heard of the change yet would read the address of before.
            && (status.DueAt <= now || status.HasAssertion != server.SendAssertion || status.Fingerprint != Fingerprint(server));
    }

    /// <summary>Something was heard of a server: it is due, as soon as its pause is over.</summary>
    public static McpServerStatus Heard(McpServerStatus status, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        var pause = status.HeardPause < ShortestHeardPause ? ShortestHeardPause : status.HeardPause;
        var due = LastAttempt(status) is { } last && last + pause > now ? last + pause : now;
        return status with { HeardAt = now, DueAt = due < status.DueAt ? due : status.DueAt };
    }

    /// <summary>Somebody reads it now, until the lease ends.</summary>
    public static McpServerStatus Claimed(McpServerStatus status, McpServer server, TimeSpan lease, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(server);
        var pause = status.HeardPause < ShortestHeardPause ? ShortestHeardPause : status.HeardPause;
        var isLoud = status.HeardAt is not null && LastAttempt(status) is { } last && now - last < pause * QuietPauses;
        return status with
        {
            LeasedUntil = now + lease,
            LastTried = now,

            // Due until it is known how the reading went: one that breaks off is repeated when its lease has ended, also where only the address was new.
            DueAt = now,
            Fingerprint = Fingerprint(server),
            HasAssertion = server.SendAssertion,
            ServerVersion = server.Version,

            // What somebody logged in with is of the server as it was; before the first reading it was no other.
            Client = status.Fingerprint.Length == 0 || status.Fingerprint == Fingerprint(server) ? status.Client : null,
            HeardAt = null,
            HeardPause = status.HeardAt is null ? status.HeardPause
                : !isLoud ? ShortestHeardPause
                : pause * 2 < LongestHeardPause ? pause * 2 : LongestHeardPause,
        };
    }

    /// <summary>What a server is read with; tells nothing about secrets.</summary>
    public static string Fingerprint(McpServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        var secrets = (server.SealedSecrets ?? new Dictionary<string, string>()).OrderBy(secret => secret.Key, StringComparer.Ordinal).Select(secret => $"{secret.Key}={secret.Value}");
        var client = server.OauthClient is null ? "" : JsonSerializer.Serialize(server.OauthClient, ConfigurationJson.Default.McpOAuthClient);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [server.Hostname, server.AuthType.ToString(), client, .. secrets])))[..16]);
    }

    /// <summary>It was read.</summary>
    public static McpServerStatus Succeeded(McpServerStatus status, McpConnectionState connection, IReadOnlyList<string> dropped, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status with
        {
            State = McpSyncState.Ready,
            Connection = connection,
            Error = null,
            Failures = 0,
            Dropped = dropped,
            LastSynced = now,
            LastSuccessfulSync = now,
            DueAt = now + Jittered(Period),
            LeasedUntil = default,
        };
    }

    /// <summary>It could not be read; what is known of it stays.</summary>
    public static McpServerStatus Failed(McpServerStatus status, McpConnectionState connection, McpSyncError error, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        var pause = s_firstRetry * Math.Pow(2, Math.Min(status.Failures, 8));
        return status with
        {
            State = status.LastSuccessfulSync is null ? McpSyncState.Error : McpSyncState.Stale,
            Connection = connection,
            Error = error,
            Failures = status.Failures + 1,
            LastSynced = now,
            DueAt = now + Jittered(pause < Period ? pause : Period),
            LeasedUntil = default,
        };
    }

    /// <summary>Nobody has logged in at it for everybody, or that login has ended.</summary>
    public static McpServerStatus NeedsLogin(McpServerStatus status, McpConnectionState connection, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status with
        {
            State = status.LastSuccessfulSync is null ? McpSyncState.Waiting : McpSyncState.Stale,
            Connection = connection,
            Error = new McpSyncError
            {
                Cause = connection == McpConnectionState.Stale ? "The login of the administrator at the server has ended: connect the server again." : "An administrator has to connect the server before it can be read.",
                IsUpstream = connection == McpConnectionState.Stale,
                Retryable = false,
            },
            DueAt = now + Jittered(s_untilLogin),
            LeasedUntil = default,
        };
    }

    /// <summary>The shared login at it is another one, or died: it is read at once, also when somebody reads it with what there was before.</summary>
    public static McpServerStatus SharedLoginChanged(McpServerStatus status, bool isStale, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        var told = isStale ? NeedsLogin(status, McpConnectionState.Stale, now) with { LeasedUntil = status.LeasedUntil } : status;
        return told with { DueAt = now, HeardAt = now };
    }

    /// <summary>What a reading found, with what became known of the server while it went on.</summary>
    /// <param name="read">What the reading made of the status.</param>
    /// <param name="claimed">The status when it began.</param>
    /// <param name="meanwhile">The status as it is stored now.</param>
    /// <param name="now">Now.</param>
    public static McpServerStatus WithWhatWasTold(McpServerStatus read, McpServerStatus claimed, McpServerStatus meanwhile, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(claimed);
        ArgumentNullException.ThrowIfNull(meanwhile);
        var told = read with { Client = meanwhile.Client, WrittenAt = meanwhile.WrittenAt };
        if (meanwhile.HeardAt is null)
        {
            return told;
        }

        // The shared login died: what was read with it says nothing about that.
        var isDead = meanwhile.Connection == McpConnectionState.Stale && claimed.Connection != McpConnectionState.Stale;

        // It may have been heard of after what changed was read.
        return Heard(isDead ? NeedsLogin(told, McpConnectionState.Stale, now) : told, now);
    }

    /// <summary>A part of this product did not answer: nothing is known about the server, and it is tried again soon.</summary>
    public static McpServerStatus Unknown(McpServerStatus status, string cause, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status with { Error = new McpSyncError { Cause = cause }, DueAt = now + Jittered(s_untilPeer), LeasedUntil = default };
    }

    // One that needs a login, or could not be asked for, was tried and not synced.
    private static DateTimeOffset? LastAttempt(McpServerStatus status)
        => status.LastTried > status.LastSynced || status.LastSynced is null ? status.LastTried : status.LastSynced;

    // Servers that were made together are not read together for ever.
#pragma warning disable CA5394 // Spreads work in time; nobody gains by guessing it.
    private static TimeSpan Jittered(TimeSpan period) => period * (0.9 + (Random.Shared.NextDouble() * 0.2));
#pragma warning restore CA5394
}
