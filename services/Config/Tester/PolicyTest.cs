using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Tester;

/// <summary>One run of the policy tester, kept for a day.</summary>
public sealed record PolicyTest
{
    public required Guid Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Position of the configuration that was decided on.</summary>
    public required long Position { get; init; }

    /// <summary>False when the time was over before everybody had been looked at.</summary>
    public required bool Complete { get; init; }

    public required IReadOnlyList<Guid> Policies { get; init; }

    public required IReadOnlyList<TestedUser> Users { get; init; }
}

/// <summary>What came out for one user, and what decided.</summary>
public sealed record TestedUser
{
    public required Guid Id { get; init; }

    public required string Email { get; init; }

    public required TestedStatus Status { get; init; }

    public Guid? PolicyId { get; init; }

    public string? PolicyName { get; init; }

    /// <summary>The rule that decided, readable.</summary>
    public required string Rule { get; init; }
}

/// <summary>The original's three outcomes.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TestedStatus>))]
public enum TestedStatus
{
    Approved,
    Blocked,

    /// <summary>It depends on facts that a test does not have (the address of a request, a missing group).</summary>
    Error,
}
