using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>What every object of the configuration has.</summary>
public abstract record ConfigurationRecord
{
    /// <summary>The object's uuid; also its event stream.</summary>
    [JsonPropertyOrder(-2)]
    public required Guid Id { get; init; }

    [JsonPropertyOrder(-1)]
    public required string Name { get; init; }

    /// <summary>Version of the object's stream; recorded with every decision that it takes part in.</summary>
    [JsonPropertyOrder(1)]
    public long Version { get; init; }

    [JsonPropertyOrder(1)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed; the time of its creation before that.</summary>
    [JsonPropertyOrder(1)]
    public DateTimeOffset UpdatedAt { get; init; }
}
