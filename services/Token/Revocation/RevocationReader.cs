using ManagedOAuth.Contracts.Grants;
using Marten;
using Marten.Events;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Token.Revocation;

/// <summary>
/// Fills the <see cref="RevocationLog"/> from the database. What is visible is delivered at once; the position only follows the safe mark,
/// so an event of a slow transaction is still read when it appears.
/// </summary>
public sealed partial class RevocationReader(
    IDocumentStore store, RevocationLog log, IOptions<TokenOptions> options, TimeProvider clock, ILogger<RevocationReader> logger) : BackgroundService
{
    private const int PageSize = 1000;
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_cleaning = TimeSpan.FromMinutes(5);

    private static readonly Type[] s_types =
    [
        typeof(GrantRefreshDenied), typeof(GrantDenied), typeof(GrantReplayDetected), typeof(GrantRevoked), typeof(GrantExpired), typeof(AccessTokenRevoked),
    ];

    private DateTimeOffset _cleaned = DateTimeOffset.MinValue;
    private bool _failing;

    /// <summary>Loads everything that is revoked now.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        var epoch = await FeedEpoch.ReadAsync(store, cancellation);
        var readAt = clock.GetUtcNow();

        // The mark comes before the entries: what it covers is in them for certain, and what is above it is read as events later.
        var position = await SafePositionAsync(cancellation);
        log.Load(epoch, position, await EntriesAsync(readAt, cancellation), readAt);
    }

    /// <summary>One look at the database.</summary>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        for (var more = true; more;)
        {
            var readAt = clock.GetUtcNow();
            var safe = await store.Advanced.FetchSafeEventsAsync(After(log.Position), cancellation);
            log.Add(Credentials(safe), safe.Next, readAt);
            more = safe.HasMore;
        }

        var seen = log.Position;
        for (var more = true; more;)
        {
            var readAt = clock.GetUtcNow();
            var visible = await store.Advanced.FetchVisibleEventsAsync(After(seen), cancellation);
            log.Add(Credentials(visible), log.Position, readAt);
            (seen, more) = (visible.Next, visible.HasMore);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var commit = store.Advanced.NextCommit;
            try
            {
                if (log.Epoch.Length == 0)
                {
                    await LoadAsync(stoppingToken);
                }

                await ReadAsync(stoppingToken);
                await CleanAsync(stoppingToken);
                Recovered();
                await Task.WhenAny(commit, Task.Delay(options.Value.RevocationPollInterval, clock, stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Protects the feed: edges see the age of the last read and decide what that means to them.
                Failed(e);
                await Task.Delay(s_pauseAfterFailure, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Waits until the newest event that is visible now is known to be safe, which is as long as the transactions that run now.
    private async Task<long> SafePositionAsync(CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var newest = await session.Events.QueryEventsAsync(new EventQuery { Descending = true, PageSize = 1 }, cancellation);
        var after = newest.Events is [var last, ..] ? last.Sequence - 1 : 0;
        while (true)
        {
            var page = await store.Advanced.FetchSafeEventsAsync(After(after), cancellation);
            if (page.Next > after || newest.Events.Count == 0)
            {
                return page.Next;
            }

            await Task.Delay(options.Value.RevocationPollInterval, clock, cancellation);
        }
    }

    private async Task<List<RevokedCredential>> EntriesAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var entries = new List<RevokedCredential>();
        await using var session = store.QuerySession();
        for (var last = Guid.Empty; ;)
        {
            var page = await session.QueryAsync<RevocationEntry>(
                "where d.id > ? and (data ->> 'leavesAt')::bigint > ? order by d.id limit ?", cancellation, last, now.ToUnixTimeMilliseconds(), PageSize);
            entries.AddRange(page.Select(entry => new RevokedCredential(entry.GrantId, entry.TokenId, DateTimeOffset.FromUnixTimeMilliseconds(entry.LeavesAt))));
            if (page.Count < PageSize)
            {
                return entries;
            }

            last = page[^1].Id;
        }
    }

    private async Task CleanAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (now - _cleaned < s_cleaning)
        {
            return;
        }

        log.Forget(now);
        await using var session = store.LightweightSession();
        session.DeleteWhere<RevocationEntry>("where (data ->> 'leavesAt')::bigint < ?", now.ToUnixTimeMilliseconds());
        await session.SaveChangesAsync(cancellation);
        _cleaned = now;
    }

    private IEnumerable<RevokedCredential> Credentials(EventPage page)
    {
        var now = clock.GetUtcNow();
        return page.Events
            .Select(entry => entry.Data switch
            {
                IGrantEnd end => new RevokedCredential(entry.StreamId, null, end.AccessEndsAt + RevocationEntry.Slack),
                AccessTokenRevoked revoked => new RevokedCredential(entry.StreamId, revoked.TokenId, revoked.TokenExpiresAt + RevocationEntry.Slack),
                _ => null,
            })
            .OfType<RevokedCredential>()
            .Where(credential => credential.LeavesAt > now);
    }

    private static EventQuery After(long position) => new() { After = position, EventTypes = s_types, PageSize = PageSize };

    private void Failed(Exception exception)
    {
        // Once per outage, not twice a second.
        if (!_failing)
        {
            LogFailed(logger, exception);
        }

        _failing = true;
    }

    private void Recovered()
    {
        if (_failing)
        {
            LogRecovered(logger);
        }

        _failing = false;
    }

    [LoggerMessage(1, LogLevel.Warning, "Revocations cannot be read; the feed tells its age until they can.", EventName = "RevocationReadFailed")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "Revocations can be read again.", EventName = "RevocationReadRecovered")]
    private static partial void LogRecovered(ILogger logger);
}
