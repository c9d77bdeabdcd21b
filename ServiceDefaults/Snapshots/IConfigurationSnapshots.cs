using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.ServiceDefaults.Snapshots;

/// <summary>
/// The configuration as this process knows it: an immutable snapshot that a background reader of Config's feed replaces with
/// each change. Take <see cref="Current"/> once per decision and decide everything on it.
/// </summary>
public interface IConfigurationSnapshots
{
    /// <summary>The newest snapshot; <see cref="ConfigurationSnapshot.Empty"/> until the first one has come whole.</summary>
    ConfigurationSnapshot Current { get; }

    /// <summary>Whether a whole snapshot has ever come. Until then nothing can be decided, and readiness is false.</summary>
    bool IsLoaded { get; }

    /// <summary>
    /// How long ago Config last read its database successfully, as far as the feed has told; <see cref="TimeSpan.MaxValue"/>
    /// before the first frame. Grows while the stream is broken, while Config is away and while Config's database is.
    /// </summary>
    TimeSpan Staleness { get; }

    /// <summary>
    /// After <see cref="Current"/> was replaced, with the new snapshot; called one at a time, never on a request's path. Keep it
    /// short: the next change waits for it.
    /// </summary>
    event Action<ConfigurationSnapshot>? Changed;

    /// <summary>
    /// Waits until everything up to <paramref name="position"/> is in <see cref="Current"/>. False: it was not within
    /// <paramref name="deadline"/>; the caller decides what an unknown configuration means to it.
    /// </summary>
    Task<bool> WaitForPositionAsync(long position, TimeSpan deadline, CancellationToken cancellation = default);

    /// <summary>Waits until <see cref="IsLoaded"/>.</summary>
    Task WaitUntilLoadedAsync(CancellationToken cancellation);
}
