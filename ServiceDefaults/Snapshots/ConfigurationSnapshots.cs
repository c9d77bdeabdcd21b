using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Countries;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.Snapshots;

/// <summary>Holds the snapshot. Frames are applied by one reader; everybody else only reads.</summary>
internal sealed partial class ConfigurationSnapshots : IConfigurationSnapshots
{
    private readonly TimeProvider _clock;
    private readonly CountryFile? _countries;
    private readonly ILogger<ConfigurationSnapshots> _logger;
    private readonly Lock _lock = new();

    // Held while one is put in place and told, so that whoever listens hears of the newest last.
    private readonly Lock _telling = new();
    private readonly List<Waiter> _waiters = [];
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ConfigurationSnapshot _current = ConfigurationSnapshot.Empty;
    private volatile ReadTime? _readTime;

    // A whole snapshot that comes in several frames is gathered here and put in place at once.
    private ConfigurationSnapshot? _gathering;

    /// <summary>Holds nothing yet.</summary>
    public ConfigurationSnapshots(TimeProvider clock, ILogger<ConfigurationSnapshots> logger, CountryFile? countries = null)
    {
        (_clock, _logger, _countries) = (clock, logger, countries);
        if (countries is not null)
        {
            countries.Changed += TakeCountries;
        }
    }

    /// <inheritdoc />
    public event Action<ConfigurationSnapshot>? Changed;

    /// <inheritdoc />
    public ConfigurationSnapshot Current => _current;

    /// <inheritdoc />
    public bool IsLoaded => _loaded.Task.IsCompletedSuccessfully;

    /// <inheritdoc />
    public TimeSpan Staleness
    {
        get
        {
            if (_readTime is not { } read || !IsLoaded)
            {
                return TimeSpan.MaxValue;
            }

            // By the wall clocks, but never less than what has passed here since we were told: a Config whose clock runs
            // ahead must not make us believe that we are fresh.
            var byWall = _clock.GetUtcNow() - read.At;
            var bySelf = _clock.GetElapsedTime(read.ReceivedAt);
            return byWall > bySelf ? byWall : bySelf;
        }
    }

    /// <inheritdoc />
    public Task WaitUntilLoadedAsync(CancellationToken cancellation) => _loaded.Task.WaitAsync(cancellation);

    /// <inheritdoc />
    public async Task<bool> WaitForPositionAsync(long position, TimeSpan deadline, CancellationToken cancellation = default)
    {
        var waiter = new Waiter(position, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            if (IsLoaded && _current.Position >= position)
            {
                return true;
            }

            _waiters.Add(waiter);
        }

        try
        {
            await waiter.Reached.Task.WaitAsync(deadline, _clock, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            lock (_lock)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    /// <summary>The place to go on from; nothing (a whole snapshot) before the first.</summary>
    public WatchRequest NextRequest()
    {
        _gathering = null;
        return IsLoaded ? new WatchRequest { AfterPosition = _current.Position, Epoch = _current.Epoch } : new WatchRequest();
    }

    /// <summary>Applies a frame of the stream that <see cref="NextRequest"/> began.</summary>
    /// <exception cref="FeedOrderException">The frame does not fit to what there is; the stream must be begun anew.</exception>
    public void Apply(ConfigFrame frame)
    {
        var next = frame.Snapshot ? Gather(frame) : Continue(frame);
        if (next is not null)
        {
            Publish(next, changed: frame.Snapshot || frame.Entries.Count > 0);
        }

        var readAt = frame.ReadAt?.ToDateTimeOffset() ?? DateTimeOffset.MinValue;
        if (_gathering is null && (_readTime is not { } known || readAt > known.At || next is { } && frame.Snapshot))
        {
            _readTime = new ReadTime(readAt, _clock.GetTimestamp());
        }
    }

    private ConfigurationSnapshot? Gather(ConfigFrame frame)
    {
        // A replica of Config that is behind the one we had would take the configuration back.
        if (IsLoaded && frame.Epoch == _current.Epoch && frame.Position < _current.Position)
        {
            throw new FeedOrderException($"A snapshot at {frame.Position} came after {_current.Position}.");
        }

        var gathered = Entries(_gathering ?? ConfigurationSnapshot.Empty, frame);
        _gathering = frame.More ? gathered : null;
        return frame.More ? null : gathered;
    }

    private ConfigurationSnapshot? Continue(ConfigFrame frame)
    {
        if (_gathering is not null || !IsLoaded || frame.Epoch != _current.Epoch)
        {
            throw new FeedOrderException("Changes came without the snapshot that they change.");
        }

        if (frame.Position < _current.Position)
        {
            throw new FeedOrderException($"Position {frame.Position} came after {_current.Position}.");
        }

        return frame.Position == _current.Position && frame.Entries.Count == 0 ? null : Entries(_current, frame);
    }

    private ConfigurationSnapshot Entries(ConfigurationSnapshot snapshot, ConfigFrame frame)
    {
        foreach (var entry in frame.Entries)
        {
            snapshot = ConfigurationFold.Apply(snapshot, entry, Unreadable);
        }

        return snapshot with { Epoch = frame.Epoch, Position = frame.Position };
    }

    private void Publish(ConfigurationSnapshot next, bool changed)
    {
        lock (_telling)
        {
            lock (_lock)
            {
                next = next with { Countries = _countries?.Current };
                _current = next;
                _loaded.TrySetResult();
                for (var i = _waiters.Count - 1; i >= 0; i--)
                {
                    if (_waiters[i].Position <= next.Position)
                    {
                        _waiters[i].Reached.TrySetResult();
                        _waiters.RemoveAt(i);
                    }
                }
            }

            // A frame that only moves the position (events that are no configuration) is no news to anybody but those who wait.
            if (changed)
            {
                Tell(next);
            }
        }
    }

    // Another list of countries is a change like any other: what was decided by the last one is looked at again.
    private void TakeCountries()
    {
        lock (_telling)
        {
            ConfigurationSnapshot next;
            lock (_lock)
            {
                next = _current with { Countries = _countries!.Current };
                _current = next;
            }

            if (IsLoaded)
            {
                Tell(next);
            }
        }
    }

    private void Tell(ConfigurationSnapshot next)
    {
        foreach (var listener in Changed?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action<ConfigurationSnapshot>)listener)(next);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Protects the feed and the other listeners from one that fails.
                Log.ListenerFailed(_logger, exception);
            }
        }
    }

    private void Unreadable(ConfigEntry entry, Exception? exception) =>
        Log.Unreadable(_logger, entry.Kind, entry.Id, entry.Version, exception?.Message ?? "unknown kind or id");

    private sealed record Waiter(long Position, TaskCompletionSource Reached);

    private sealed record ReadTime(DateTimeOffset At, long ReceivedAt);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The configuration entry {Kind} {Id} version {Version} cannot be read and admits nobody: {Message}", EventName = "ConfigurationEntryUnreadable")]
        public static partial void Unreadable(ILogger logger, string kind, string id, long version, string message);

        [LoggerMessage(2, LogLevel.Error, "A listener of the configuration failed.", EventName = "ConfigurationListenerFailed")]
        public static partial void ListenerFailed(ILogger logger, Exception exception);
    }
}
