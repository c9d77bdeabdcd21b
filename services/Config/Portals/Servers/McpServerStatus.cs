using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>
/// How the last reading of an MCP server went. A document and no event: it changes every two hours for every server and says nothing that anybody
/// decided.
/// </summary>
public sealed record McpServerStatus
{
    /// <summary><see cref="McpServer.Id"/>.</summary>
    public required Guid Id { get; init; }

    public McpSyncState State { get; init; } = McpSyncState.Waiting;

    public McpConnectionState Connection { get; init; } = McpConnectionState.Unknown;

    /// <summary>Why the last reading failed; null when it did not.</summary>
    public McpSyncError? Error { get; init; }

    public DateTimeOffset? LastSynced { get; init; }

    /// <summary>When somebody last set out to read it, whatever came of it.</summary>
    public DateTimeOffset? LastTried { get; init; }

    public DateTimeOffset? LastSuccessfulSync { get; init; }

    /// <summary>What was left out of the last reading, and why; for people.</summary>
    public IReadOnlyList<string> Dropped { get; init; } = [];

    /// <summary>Readings that failed since the last good one.</summary>
    public int Failures { get; init; }

    /// <summary>What the server was read with: address, kind of authentication, credential. Another one is a reason to read it again.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Whether an assertion was shown to it; the other way is a reason to read it again too.</summary>
    public bool HasAssertion { get; init; }

    /// <summary><see cref="ConfigurationRecord.Version"/> of the server when somebody last set out to read it.</summary>
    public long ServerVersion { get; init; }

    /// <summary>When it was last written; later than each time before, so that of two the newer can be told. Default = by a version of this product that did not say.</summary>
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>When it is read next.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>Until then somebody is reading it; nobody else begins.</summary>
    public DateTimeOffset LeasedUntil { get; init; }

    /// <summary>What this product is at the server's authorization server, by the last login of whomever; null = nobody has logged in.</summary>
    public UpstreamClientNamed? Client { get; init; }

    /// <summary>When something was heard of it (its lists are others now, its credential is refused) that it has not been read for since; null = nothing.</summary>
    public DateTimeOffset? HeardAt { get; init; }

    /// <summary>How long after a reading what is heard can lead to the next one. Grows while a server goes on being heard of.</summary>
    public TimeSpan HeardPause { get; init; }
}

/// <summary><c>status</c> in the admin API.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<McpSyncState>))]
public enum McpSyncState
{
    /// <summary>Not read yet; the error says what it waits for.</summary>
    Waiting,

    Ready,

    /// <summary>What is known is older than it should be: the last readings failed.</summary>
    Stale,

    /// <summary>It was never read, and the last attempt failed.</summary>
    Error,
}

/// <summary>Whether somebody has logged in at the server for everybody.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<McpConnectionState>))]
public enum McpConnectionState
{
    Unknown,
    NotRequired,
    LoginRequired,
    Connected,

    /// <summary>There was a credential, and the server's authorization server no longer honours it.</summary>
    Stale,
}

/// <summary><c>error_details</c> in the admin API.</summary>
public sealed record McpSyncError
{
    /// <summary>A short text for people; nothing secret.</summary>
    public required string Cause { get; init; }

    /// <summary>HTTP status that the server answered.</summary>
    public int? StatusCode { get; init; }

    /// <summary>Error code of the protocol that the server answered.</summary>
    public int? McpCode { get; init; }

    /// <summary>The server said it; otherwise it never came so far.</summary>
    public bool IsUpstream { get; init; }

    /// <summary>It may be different next time without anybody doing anything.</summary>
    public bool Retryable { get; init; } = true;
}
