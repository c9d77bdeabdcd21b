using ManagedOAuth.ServiceDefaults.Snapshots;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Token.Configuration;

/// <summary>The configuration that this replica decides on, and whether it may decide on it.</summary>
public sealed class ConfigurationSource : IDisposable
{
    private readonly IConfigurationSnapshots _snapshots;
    private readonly TimeSpan _limit;
    private readonly Pulse _changed = new();

    public ConfigurationSource(IConfigurationSnapshots snapshots, IOptions<TokenOptions> options)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        ArgumentNullException.ThrowIfNull(options);
        (_snapshots, _limit) = (snapshots, options.Value.ConfigurationStalenessLimit);
        _snapshots.Changed += OnChanged;
    }

    /// <summary>What is known now. Take it once per decision.</summary>
    public CurrentConfiguration Current => new(_snapshots.Current, _snapshots.IsLoaded && _snapshots.Staleness <= _limit);

    /// <summary>Completes at the next change. Take it BEFORE reading <see cref="Current"/>.</summary>
    public Task NextChange => _changed.Next;

    /// <summary>Waits until the configuration is at least this new; false when it is not within a few seconds.</summary>
    public Task<bool> WaitForAsync(long position, TimeSpan deadline, CancellationToken cancellation)
        => _snapshots.WaitForPositionAsync(position, deadline, cancellation);

    public void Dispose() => _snapshots.Changed -= OnChanged;

    private void OnChanged(Contracts.Configuration.ConfigurationSnapshot snapshot) => _changed.Beat();
}
