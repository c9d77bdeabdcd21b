using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>What came out of an evaluation.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<PolicyOutcome>))]
public enum PolicyOutcome
{
    /// <summary>No policy admits, or a Block policy matched. The default.</summary>
    Deny,
    /// <summary>An Allow policy matched this identity.</summary>
    Allow,
    /// <summary>A Service Auth policy matched this service token.</summary>
    ServiceAuth,
    /// <summary>A Bypass policy matched: nothing is checked.</summary>
    Bypass,
    /// <summary>It depends on facts that are not known here. Wherever access is given, this denies.</summary>
    Indeterminate,
}

/// <summary>A decision and what made it; recorded with every grant.</summary>
public sealed record PolicyDecision
{
    public required PolicyOutcome Outcome { get; init; }

    /// <summary>The policy that decided; with a default deny, the first Allow policy that did not match. Null when there is no policy.</summary>
    public Guid? PolicyId { get; init; }

    public string? PolicyName { get; init; }

    public long PolicyVersion { get; init; }

    /// <summary>The rule that decided, readable: <c>include email_domain example.com</c>, or <c>default deny: no include rule matched</c>.</summary>
    public required string Rule { get; init; }

    /// <summary>Whether a user may come in on this decision.</summary>
    [JsonIgnore]
    public bool AdmitsUser => Outcome is PolicyOutcome.Allow or PolicyOutcome.Bypass;
}
