using System.Collections.Concurrent;
using Marten;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>
/// Remembers when each API token, and each service token, was last used. Requests only note it in memory; once a minute the newest times are written, so that a busy
/// token costs one small write a minute and no event.
/// </summary>
public sealed partial class ApiTokenUses(IDocumentStore store, TimeProvider clock, ILogger<ApiTokenUses> logger) : BackgroundService
{
    private const int Most = 5_000;
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    // Among the uses, the one that is none: when recording began.
    private static readonly Guid s_beginning = Guid.Empty;

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _last = new();
    private readonly ConcurrentDictionary<Guid, bool> _unwritten = new();

    /// <summary>The token is used now.</summary>
    public void Note(Guid token) => Note(token, clock.GetUtcNow());

    /// <summary>The token was used at this time.</summary>
    public void Note(Guid token, DateTimeOffset now)
    {
        if (!_last.TryGetValue(token, out var last) || now - last > s_period)
        {
            _last[token] = now;
            _unwritten[token] = true;
        }
    }

    /// <summary>When the token was last used, as far as this process knows (of other replicas up to a minute late); null = never.</summary>
    public DateTimeOffset? LastUseOf(Guid token) => _last.TryGetValue(token, out var last) ? last : null;

    /// <summary>Since when uses are recorded in this database: an older use is not known. Null until it has been read.</summary>
    public DateTimeOffset? RecordedSince => LastUseOf(s_beginning);

    /// <summary>Writes what was noted, and reads what other replicas wrote.</summary>
    public async Task ExchangeAsync(CancellationToken ct)
    {
        await using var session = store.LightweightSession();
        foreach (var use in await session.QueryAsync<ApiTokenUse>("order by id limit ?", ct, Most))
        {
            _last.AddOrUpdate(use.Id, use.At, (_, known) => known > use.At ? known : use.At);
        }

        if (_last.TryAdd(s_beginning, clock.GetUtcNow()))
        {
            _unwritten[s_beginning] = true;
        }

        foreach (var token in _unwritten.Keys)
        {
            if (_unwritten.TryRemove(token, out _))
            {
                session.Store(new ApiTokenUse(token, _last[token]));
            }
        }

        await session.SaveChangesAsync(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ExchangeAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A time that could not be written is written a minute later.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                LogFailed(logger, failed);
            }

            await Task.Delay(s_period, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The times of the API tokens' last use could not be written; trying again in a minute")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
