using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Token.Configuration;

/// <summary>The configuration as of one moment.</summary>
/// <param name="Snapshot">What is known.</param>
/// <param name="IsFresh">False until the first snapshot is complete, and when Config has not been heard of for too long: nothing is issued then.</param>
public sealed record CurrentConfiguration(ConfigurationSnapshot Snapshot, bool IsFresh);
