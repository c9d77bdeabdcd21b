using ManagedOAuth.ServiceDefaults.Countries;
using Marten;
using Marten.Exceptions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Config.Feed;

/// <summary>
/// Keeps <see cref="Current"/> up with the database: at once after a change of this process, and within <see cref="PollInterval"/> after a
/// change of another replica.
/// </summary>
public sealed partial class ConfigurationLog(
    ConfigurationLoader loader, IDocumentStore store, CountryFile countries, IOptions<ConfigurationLogOptions> options, TimeProvider clock, ILogger<ConfigurationLog> logger)
    : BackgroundService
{
    /// <summary>How often the database is read without a reason.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _nudge = new(0, 1);
    private volatile ConfigurationState _current = ConfigurationState.Empty;
    private long _begun;
    private long _ended;
    private volatile bool _failing;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The configuration as last read; <see cref="ConfigurationState.Empty"/> until the first read.</summary>
    public ConfigurationState Current => _current;

    /// <summary>Whether the configuration has been read at all.</summary>
    public bool Loaded => _current.Snapshot.Epoch.Length > 0;

    /// <summary>Completes at the next change (or successful read) after it was taken.</summary>
    public Task NextChange => _changed.Task;

    /// <summary>Reads again at once.</summary>
    public void Nudge()
    {
        try
        {
            _nudge.Release();
        }
        catch (SemaphoreFullException)
        {
            // A read is due already.
        }
    }

    /// <summary>
    /// The configuration with everything that was saved before the call, also by other replicas: waits for a read that begins after it. Calls at the same
    /// time share one. While the database does not answer it is what was read last.
    /// </summary>
    /// <exception cref="TimeoutException">The read did not end within <see cref="ConfigurationLogOptions.ReadDeadline"/>.</exception>
    public async Task<ConfigurationState> ReadAgainAsync(CancellationToken ct)
    {
        var wanted = Volatile.Read(ref _begun) + 1;
        return await WaitAsync(() => _failing || Volatile.Read(ref _ended) >= wanted, "The configuration was not read in time.", ct);
    }

    /// <summary>Waits until everything up to this position has been read.</summary>
    /// <exception cref="TimeoutException">It was not within <see cref="ConfigurationLogOptions.ReadDeadline"/>.</exception>
    public Task<ConfigurationState> WaitForAsync(long position, CancellationToken ct)
        => WaitAsync(() => _current.Snapshot.Position >= position, $"Configuration position {position} was not read in time.", ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!Loaded)
                {
                    await WriteEpochAsync(stoppingToken);
                }

                var number = Interlocked.Increment(ref _begun);
                Publish(Loaded ? await loader.CatchUpAsync(_current, stoppingToken) : await loader.LoadAsync(stoppingToken), number);
                await _nudge.WaitAsync(PollInterval, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The loop is the only reader: whatever one read ran into (a database that is away, a broken row), the next is tried.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                LogReadFailed(logger, failed);
                _failing = true;
                Tell();
                await Task.Delay(TimeSpan.FromSeconds(1), clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<ConfigurationState> WaitAsync(Func<bool> isRead, string late, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(options.Value.ReadDeadline);
        try
        {
            while (true)
            {
                var next = NextChange;
                if (isRead())
                {
                    return _current;
                }

                Nudge();
                await next.WaitAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException(late);
        }
    }

    private void Publish(ConfigurationState state, long number)
    {
        var known = countries.Current;
        _current = ReferenceEquals(state.Snapshot.Countries, known) ? state : state with { Snapshot = state.Snapshot with { Countries = known } };
        _failing = false;
        Volatile.Write(ref _ended, number);
        Tell();
    }

    private void Tell()
        => Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private async Task WriteEpochAsync(CancellationToken ct)
    {
        await using var session = store.LightweightSession();
        if (await session.LoadAsync<FeedEpoch>(FeedEpoch.DocumentId, ct) is not null)
        {
            return;
        }

        try
        {
            session.Insert(new FeedEpoch(FeedEpoch.DocumentId, Guid.NewGuid().ToString("N")));
            await session.SaveChangesAsync(ct);
        }
        catch (DocumentAlreadyExistsException)
        {
            // Another replica was first; its epoch is the one.
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Reading the configuration failed; trying again in a second")]
    private static partial void LogReadFailed(ILogger logger, Exception exception);
}
