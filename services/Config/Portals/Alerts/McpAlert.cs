using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Alerts;

/// <summary>Something about an MCP server that an administrator should know. It is over when its cause is, or when somebody has acknowledged what has no end.</summary>
public sealed record McpAlert
{
    /// <summary>How long one is remembered when it is over.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    public required Guid Id { get; init; }

    /// <summary><see cref="McpServer.Id"/>.</summary>
    public required Guid ServerUid { get; init; }

    /// <summary><see cref="McpServer.ServerId"/>.</summary>
    public required string ServerId { get; init; }

    public required McpAlertKind Kind { get; init; }

    /// <summary>For people.</summary>
    public required string Detail { get; init; }

    /// <summary>What it is about, where that is something that can be named: definitions as <c>tools/name</c>, users by their addresses, scopes.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When there was last something new about it.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Null = its cause is still there.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>Who acknowledged it.</summary>
    public string? AcknowledgedBy { get; init; }
}

/// <summary>What an alert is about.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<McpAlertKind>))]
public enum McpAlertKind
{
    /// <summary>The administrator's login at the server has ended, or the server no longer accepts its fixed credential.</summary>
    CredentialStale,

    /// <summary>Logins that users made at the server for themselves have ended.</summary>
    UserCredentialStale,

    /// <summary>New or changed definitions wait for approval.</summary>
    Quarantine,

    /// <summary>New or changed definitions were approved by themselves.</summary>
    DefinitionsChanged,

    /// <summary>The server cannot be read.</summary>
    SyncFailed,

    /// <summary>The server wants scopes that the login that everybody shares was not granted.</summary>
    ScopeMissing,
}
