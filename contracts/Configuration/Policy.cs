using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A policy: whom it is about and what it decides. Include = any, require = all, exclude = none.</summary>
public sealed record Policy : ConfigurationRecord
{
    public required PolicyAction Decision { get; init; }

    public IReadOnlyList<Rule> Include { get; init; } = [];

    public IReadOnlyList<Rule> Require { get; init; } = [];

    public IReadOnlyList<Rule> Exclude { get; init; } = [];

    /// <summary>Overrides the application's browser session duration; Go's duration syntax.</summary>
    public string? SessionDuration { get; init; }

    /// <summary>False for a policy that belongs to one application alone.</summary>
    public bool Reusable { get; init; } = true;
}

/// <summary>What a matching policy decides (<c>decision</c> in the admin API).</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<PolicyAction>))]
public enum PolicyAction
{
    Allow,
    Deny,
    /// <summary>Service Auth: admits service tokens, no user.</summary>
    NonIdentity,
    /// <summary>No check at all.</summary>
    Bypass,
}

/// <summary>A named set of rules that policies refer to.</summary>
public sealed record Group : ConfigurationRecord
{
    public IReadOnlyList<Rule> Include { get; init; } = [];

    public IReadOnlyList<Rule> Require { get; init; } = [];

    public IReadOnlyList<Rule> Exclude { get; init; } = [];

    public bool IsDefault { get; init; }
}
