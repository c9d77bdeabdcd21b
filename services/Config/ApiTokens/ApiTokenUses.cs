using System.Collections.Concurrent;
using Marten;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>
/// Remembers when each API token, and each service token, was last used. Requests only note it in memory; once a minute the newest times are written, so that a busy
/// token costs one small write a minute and no event.
/// </summary>
public sealed partial class ApiTokenUses(IDocumentStore store, TimeProvider clock, ILogger<ApiTokenUses> logger) : BackgroundService
{
    private const int PageSize = 1000;
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_youth = TimeSpan.FromDays(1);

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

    /// <summary>Writes what was noted, and reads what other replicas wrote. What could not be written is written the next time.</summary>
    public async Task ExchangeAsync(CancellationToken ct)
    {
        await ReadAsync(ct);
        if (_last.TryAdd(s_beginning, clock.GetUtcNow()))
        {
            _unwritten[s_beginning] = true;
        }

        foreach (var tokens in _unwritten.Keys.Chunk(PageSize))
        {
            await WriteAsync([.. tokens.Where(token => _unwritten.TryRemove(token, out _))], ct);
        }
    }

    /// <summary>Removes the times of tokens that are gone. A young one may be of a token that this process has not heard of yet.</summary>
    /// <param name="living">Every token that there is.</param>
    /// <param name="ct">Cancels.</param>
    public async Task ForgetAsync(IReadOnlySet<Guid> living, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(living);
        var old = clock.GetUtcNow() - s_youth;
        foreach (var gone in _last.Where(use => use.Key != s_beginning && use.Value < old && !living.Contains(use.Key)).Select(use => use.Key).Chunk(PageSize))
        {
            await using var session = store.LightweightSession();
            session.DeleteWhere<ApiTokenUse>("where d.id = any(?)", gone);
            await session.SaveChangesAsync(ct);
            foreach (var token in gone)
            {
                _last.TryRemove(token, out _);
            }
        }
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

    // All of them: whoever is left out looks as if nobody used it, and a service token may be disabled for that.
    private async Task ReadAsync(CancellationToken ct)
    {
        await using var session = store.QuerySession();
        var page = await session.QueryAsync<ApiTokenUse>("order by id limit ?", ct, PageSize);
        while (true)
        {
            foreach (var use in page)
            {
                _last.AddOrUpdate(use.Id, use.At, (_, known) => known > use.At ? known : use.At);
            }

            if (page.Count < PageSize)
            {
                return;
            }

            page = await session.QueryAsync<ApiTokenUse>("where id > ? order by id limit ?", ct, page[^1].Id, PageSize);
        }
    }

    private async Task WriteAsync(IReadOnlyList<Guid> tokens, CancellationToken ct)
    {
        try
        {
            await using var session = store.LightweightSession();
            foreach (var token in tokens)
            {
                session.Store(new ApiTokenUse(token, _last[token]));
            }

            await session.SaveChangesAsync(ct);
        }
        catch
        {
            foreach (var token in tokens)
            {
                _unwritten[token] = true;
            }

            throw;
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The times of the API tokens' last use could not be written; trying again in a minute")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
