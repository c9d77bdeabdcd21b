using System.Text.Json.Serialization;
using Marten.Events;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public enum GrantKind
{
    OAuth,
    Browser,
}

public sealed record GrantIssued(string Subject, DateTimeOffset ExpiresAt, GrantKind Kind);

public sealed record GrantRefreshed(int Rotation);

public sealed record GrantRevoked(string Reason);

/// <summary>No fold knows it.</summary>
public sealed record GrantNoted(string Note);

public sealed class Grant
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    public string Subject { get; set; } = "";

    public GrantKind Kind { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public int Refreshes { get; set; }

    public string? RevokedBecause { get; set; }

    public static Grant Create(GrantIssued e) => new() { Subject = e.Subject, ExpiresAt = e.ExpiresAt, Kind = e.Kind };

    public void Apply(GrantRefreshed e) => Refreshes++;

    public void Apply(GrantRevoked e) => RevokedBecause = e.Reason;
}

/// <summary>A second fold of the same events, one that looks at the envelope, immutable.</summary>
public sealed record GrantTimes(DateTimeOffset Issued, DateTimeOffset? LastRefreshed, string? LastActor)
{
    public Guid Id { get; set; }

    public int Version { get; set; }

    public static GrantTimes Create(IEvent<GrantIssued> e) => new(e.Timestamp, null, e.UserName);

    public GrantTimes Apply(IEvent<GrantRefreshed> e) => this with { LastRefreshed = e.Timestamp, LastActor = e.UserName };
}

public sealed class User
{
    public Guid Id { get; set; }

    public string Email { get; set; } = "";

    public int LoginCount { get; set; }

    public string? Nickname { get; set; }
}

public sealed class Setting
{
    public string Key { get; set; } = "";

    public string Value { get; set; } = "";
}

[JsonSerializable(typeof(GrantIssued))]
[JsonSerializable(typeof(GrantRefreshed))]
[JsonSerializable(typeof(GrantRevoked))]
[JsonSerializable(typeof(GrantNoted))]
[JsonSerializable(typeof(Grant))]
[JsonSerializable(typeof(GrantTimes))]
[JsonSerializable(typeof(User))]
[JsonSerializable(typeof(Setting))]
[JsonSerializable(typeof(UserGrants))]
[JsonSerializable(typeof(GrantLine))]
internal sealed partial class TestJsonContext : JsonSerializerContext;
