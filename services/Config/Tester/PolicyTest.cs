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

    /// <summary>Where the users are, in their order. Null in a test of a version that kept them here: it is no longer found.</summary>
    public IReadOnlyList<PolicyTestPart>? Parts { get; init; }
}

/// <summary>What came out for some users of a test.</summary>
/// <param name="Id">Of the document that has them.</param>
/// <param name="Approved">How many are approved.</param>
/// <param name="Blocked">How many are blocked.</param>
/// <param name="Error">How many could not be decided.</param>
public sealed record PolicyTestPart(Guid Id, int Approved, int Blocked, int Error)
{
    /// <summary>How many there are with this outcome; all when null.</summary>
    public int Count(TestedStatus? status) => status switch
    {
        TestedStatus.Approved => Approved,
        TestedStatus.Blocked => Blocked,
        TestedStatus.Error => Error,
        _ => Approved + Blocked + Error,
    };
}

/// <summary>Some users of a test: a document holds 2 MiB, and a test many more.</summary>
public sealed record PolicyTestPage
{
    public required Guid Id { get; init; }

    public required DateTimeOffset At { get; init; }

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
