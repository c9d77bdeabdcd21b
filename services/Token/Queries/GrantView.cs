using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Token.Grants;
using Marten.Events;

namespace ManagedOAuth.Token.Queries;

/// <summary>A grant as the admin API shows it. Snake case there.</summary>
public sealed record GrantView
{
    public required Guid Id { get; init; }

    public required GrantKind Kind { get; init; }

    /// <summary><c>active</c> or <c>ended</c>.</summary>
    public required string Status { get; init; }

    public required Guid ApplicationId { get; init; }

    public required string ClientId { get; init; }

    public required string ClientName { get; init; }

    public required Guid UserId { get; init; }

    public required string Email { get; init; }

    public required Guid IdentityProviderId { get; init; }

    public required string Scope { get; init; }

    public required string Resource { get; init; }

    public required DateTimeOffset LoginAt { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public DateTimeOffset? RefreshedAt { get; init; }

    /// <summary>When an edge last let a request in by it, or its tokens were renewed; to some minutes.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How many refresh tokens there have been.</summary>
    public required int Generation { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The event that ended it: <c>grant_expired</c>, <c>grant_revoked</c>, <c>grant_denied</c>, ...</summary>
    public string? EndReason { get; init; }

    public required PolicyDecision Decision { get; init; }

    public required long Version { get; init; }

    /// <param name="grant">Its state, of now or of <paramref name="at"/>.</param>
    /// <param name="used">When it was used last, as far as that is known today.</param>
    /// <param name="at">The time of which it is shown; null = now.</param>
    public static GrantView Of(Grant grant, DateTimeOffset? used, DateTimeOffset? at = null)
    {
        ArgumentNullException.ThrowIfNull(grant);

        // Only the last use is kept: of an earlier one, what the events tell is all that is known.
        used = used > at ? null : used;
        return new GrantView
        {
            Id = grant.Id,
            Kind = grant.Kind,
            Status = grant.IsLive && !(grant.ExpiresAt <= at) ? "active" : "ended",
            ApplicationId = grant.Subject.ApplicationId,
            ClientId = grant.Subject.ClientId,
            ClientName = grant.Subject.ClientName,
            UserId = grant.Subject.UserId,
            Email = grant.Subject.Email,
            IdentityProviderId = grant.Identity.IdentityProviderId,
            Scope = grant.Scope,
            Resource = grant.Resource,
            LoginAt = grant.LoginAt,
            IssuedAt = grant.IssuedAt,
            RefreshedAt = grant.RefreshedAt,
            LastUsedAt = used is null || used < grant.RefreshedAt ? grant.RefreshedAt : used,
            ExpiresAt = grant.ExpiresAt,
            Generation = grant.Generation,
            EndedAt = grant.EndedAt,
            EndReason = grant.EndReason,
            Decision = grant.Decision,
            Version = grant.Version,
        };
    }
}

/// <summary>One event of the audit trail as the admin API shows it.</summary>
public sealed record GrantEventView
{
    public required Guid Id { get; init; }

    public required long Sequence { get; init; }

    public required long Version { get; init; }

    public required string Type { get; init; }

    public required DateTimeOffset Time { get; init; }

    public string? Actor { get; init; }

    public string? TraceId { get; init; }

    public string? CausationId { get; init; }

    public JsonElement? Data { get; init; }

    public static GrantEventView Of(IEvent entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new GrantEventView
        {
            Id = entry.Id,
            Sequence = entry.Sequence,
            Version = entry.Version,
            Type = entry.EventTypeName,
            Time = entry.Timestamp,
            Actor = entry.UserName,
            TraceId = entry.CorrelationId,
            CausationId = entry.CausationId,
            // An event of a newer build has no shape here: its envelope is shown all the same.
            Data = GrantViewJson.Default.GetTypeInfo(entry.Data.GetType()) is { } type ? JsonSerializer.SerializeToElement(entry.Data, type) : null,
        };
    }
}

/// <summary>JSON of the admin API: snake case, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GrantView))]
[JsonSerializable(typeof(GrantEventView))]
[JsonSerializable(typeof(GrantIssued))]
[JsonSerializable(typeof(GrantRefreshed))]
[JsonSerializable(typeof(GrantRefreshRepeated))]
[JsonSerializable(typeof(AccessTokenRevoked))]
[JsonSerializable(typeof(LinkedAccessGiven))]
[JsonSerializable(typeof(GrantIdentityChanged))]
[JsonSerializable(typeof(GrantRefreshDenied))]
[JsonSerializable(typeof(GrantDenied))]
[JsonSerializable(typeof(GrantReplayDetected))]
[JsonSerializable(typeof(GrantRevoked))]
[JsonSerializable(typeof(GrantExpired))]
internal sealed partial class GrantViewJson : JsonSerializerContext;
