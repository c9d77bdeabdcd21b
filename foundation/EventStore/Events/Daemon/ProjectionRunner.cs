using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Marten.Exceptions;
using Marten.Sql;
using Npgsql;

namespace Marten.Events.Daemon;

/// <summary>
/// Runs one asynchronous projection. The connection that holds the projection's advisory lock is also the one that writes: if it dies, lock and
/// open transaction die together, and another replica takes over. Should two runners ever be active, the progress row fences one of them off.
/// </summary>
internal sealed class ProjectionRunner(DocumentStore store, AsyncProjectionShard shard, bool exclusive)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PendingPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var delay = FirstDelay;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                // Returns only when the lock is taken by someone else.
                await LeadAsync(long.MaxValue, () => delay = FirstDelay, ct);
                await Task.Delay(store.Options.Projections.LeadershipPollingTime, store.Time, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever happens to one round (database restarted, fenced off, a bug): the projection must go on when it is over.
                if (e is ProgressionProgressOutOfOrderException)
                {
                    StoreLog.ProjectionFenced(store.Log, shard.Name);
                }
                else
                {
                    StoreLog.ProjectionInterrupted(store.Log, shard.Name, delay, e);
                }

                await Task.Delay(delay, store.Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
        }
    }

    /// <summary>Takes the lock if it is free and works until progress reaches the target. False if someone else has the lock.</summary>
    public async Task<bool> LeadAsync(long target, Action? onProgress, CancellationToken ct)
    {
        await using var connection = await store.Database.OpenAsync(ct);
        try
        {
            var database = store.Database.On(connection);
            // A runner whose machine vanished must not hold the lock for the two hours of TCP's default.
            await database.ExecuteAsync("set tcp_keepalives_idle = 10", [], ct);
            await database.ExecuteAsync("set tcp_keepalives_interval = 5", [], ct);
            await database.ExecuteAsync("set tcp_keepalives_count = 3", [], ct);
            if (exclusive && !await TryLockAsync(database, ct))
            {
                return false;
            }

            var position = await shard.ReadProgressAsync(database, ct);
            StoreLog.ProjectionStarted(store.Log, shard.Name, position);
            while (position < target)
            {
                var next = store.Commits.Next;
                var (reached, more, pending) = await shard.StepAsync(connection, position, ct);
                onProgress?.Invoke();
                position = reached;
                if (!more && position < target)
                {
                    await CommitSignal.WaitAsync(next, pending ? PendingPoll : store.Options.Projections.FastPollingTime, store.Time, ct);
                }
            }

            return true;
        }
        finally
        {
            await ReleaseAsync(connection);
        }
    }

    private async Task<bool> TryLockAsync(Database database, CancellationToken ct)
    {
        var rows = await database.QueryAsync("select pg_try_advisory_lock($1)", [P.Long(LockKey())], row => row.GetBoolean(0), ct);
        return rows[0];
    }

    // The pool does not reset sessions, so the lock and the settings are given back by hand. A connection that cannot do it is broken, and the server frees both.
    private async Task ReleaseAsync(NpgsqlConnection connection)
    {
        try
        {
            var database = store.Database.On(connection);
            await database.ExecuteAsync("select pg_advisory_unlock_all()", [], CancellationToken.None);
            await database.ExecuteAsync("reset all", [], CancellationToken.None);
        }
        catch (Exception e) when (e is MartenException or InvalidOperationException)
        {
        }
    }

    private long LockKey()
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"marten:{store.Options.DatabaseSchemaName}:{shard.Name}"));
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }
}
