using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Idempotency;
using ManagedOAuth.Config.Objects;
using Marten;

namespace ManagedOAuth.Config.Transfer.Jobs;

/// <summary>
/// The jobs in the database. Every change of a job is made under the writers' lock, so that a batch, its counts and a cancellation cannot pass each
/// other, and so that one process at most takes up a job.
/// </summary>
public sealed class TransferJobs(IDocumentStore store, TransferJobFiles files, DocumentPages pages, TimeProvider clock)
{
    /// <summary>Jobs that may wait or run at the same time.</summary>
    public const int MostOpen = 10;

    /// <summary>How long an ended job is remembered.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>How long a process may say nothing of a job that it runs; then another goes on with it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    // The file is read and checked in it, which takes longer than a batch.
    private static readonly TimeSpan s_firstLease = TimeSpan.FromMinutes(2);

    private const string Open = "where d.data ->> 'endedAt' is null";

    private volatile TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a job is asked for at this process.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Keeps a file and its job; null when too many are under way.</summary>
    /// <param name="asked">What the file is applied as.</param>
    /// <param name="json">The file.</param>
    /// <param name="context">Who asks, and from where. The answer to their <c>Idempotency-Key</c> is saved with the job.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<TransferJob?> StartAsync(ApplyRequest asked, ReadOnlyMemory<byte> json, HttpContext context, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(context);
        var (caller, edge) = (ApiCaller.Of(context)!, context.GetEdgeRequest());
        var user = IsUser(caller.Actor) ? edge.User?.Identity : null;
        var job = new TransferJob(Guid.NewGuid(), caller.Actor, caller.Key, asked.Prune, asked.ExpectedPosition, json.Length, clock.GetUtcNow())
        {
            ByDashboard = caller.ByDashboard,
            User = user,
            ClientAddress = edge.ClientAddress.ToString(),
            DashboardOrigin = user is null ? null : edge.PublicOrigin,
        };
        await using var session = store.LightweightSession();
        await LockAsync(session, ct);
        var idempotency = IdempotencyScope.Of(context);
        if (idempotency is not null)
        {
            await idempotency.ThrowIfAnsweredAsync(session, ct);
        }

        if ((await session.QueryAsync<TransferJob>($"{Open} limit ?", ct, MostOpen)).Count == MostOpen)
        {
            return null;
        }

        session.Insert(job);
        files.Add(session, job.Id, json.Span);
        idempotency?.Save(session, JobEndpoints.Accepted(job), null);
        await session.SaveChangesAsync(ct);
        Interlocked.Exchange(ref _asked, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        return job;
    }

    /// <summary>One job.</summary>
    public async Task<TransferJob?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return await session.LoadAsync<TransferJob>(id, ct);
    }

    /// <summary>One page of all jobs, the newest first.</summary>
    public Task<(IReadOnlyList<TransferJob> Jobs, long Total)> ListAsync(Paging paging, CancellationToken ct)
        => pages.ReadAsync<TransferJob>(paging, "d.data ->> 'createdAt' desc, id", "true", [], ct);

    /// <summary>Ends a job: at once when nobody runs it, otherwise before its next batch. Null when there is none of that id.</summary>
    public Task<TransferJob?> CancelAsync(Guid id, CancellationToken ct)
        => UpdateAsync(id, job => job.HasEnded ? job : job.State == TransferJobState.Queued ? End(job, TransferJobState.Cancelled) : job with { CancelRequested = true }, ct);

    /// <summary>Takes up the oldest job that nobody runs; null when there is none.</summary>
    public async Task<TransferJob?> TakeAsync(string runner, CancellationToken ct)
    {
        await using (var look = store.QuerySession())
        {
            // Nearly always there is nothing to do; that must not cost a lock.
            if ((await look.QueryAsync<TransferJob>($"{Open} limit 1", ct)).Count == 0)
            {
                return null;
            }
        }

        await using var session = store.LightweightSession();
        await LockAsync(session, ct);
        var now = clock.GetUtcNow();
        var open = await session.QueryAsync<TransferJob>($"{Open} order by d.data ->> 'createdAt' limit ?", ct, MostOpen);

        // One at a time over all replicas: two of them would only wait for each other.
        if (open is not [var job, ..] || (job.Runner is not null && job.Runner != runner && job.LeaseUntil > now))
        {
            return null;
        }

        job = job with { State = TransferJobState.Running, Runner = runner, LeaseUntil = now + s_firstLease, StartedAt = job.StartedAt ?? now, Attempts = job.Attempts + 1 };
        session.Store(job);
        await session.SaveChangesAsync(ct);
        return job;
    }

    /// <summary>Changes a job; null when there is none of that id.</summary>
    public async Task<TransferJob?> UpdateAsync(Guid id, Func<TransferJob, TransferJob> change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        await using var session = store.LightweightSession();
        await LockAsync(session, ct);
        if (await session.LoadAsync<TransferJob>(id, ct) is not { } job)
        {
            return null;
        }

        var changed = change(job);
        Store(session, changed);
        await session.SaveChangesAsync(ct);
        return changed;
    }

    /// <summary>Queues a job for the save of a unit of work that holds the writers' lock; the file of one that has ended goes with it.</summary>
    public static void Store(IDocumentSession session, TransferJob job)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(job);
        session.Store(job);
        if (job.HasEnded)
        {
            TransferJobFiles.Remove(session, job.Id);
        }
    }

    /// <summary>Whether a job's actor is a user of the dashboard, and no API token.</summary>
    public static bool IsUser(string actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return actor.StartsWith("user:", StringComparison.Ordinal);
    }

    /// <summary>The job as it is when it ends: nothing of the user but the actor is kept.</summary>
    public TransferJob End(TransferJob job, TransferJobState state, params IReadOnlyList<TransferJobError> errors)
    {
        const int MostErrors = 1000;
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(errors);
        return job with { State = state, EndedAt = clock.GetUtcNow(), Runner = null, LeaseUntil = null, User = null, ClientAddress = null, DashboardOrigin = null, Errors = [.. errors.Take(MostErrors)], ErrorCount = errors.Count };
    }

    private static async Task LockAsync(IDocumentSession session, CancellationToken ct)
    {
        await session.BeginTransactionAsync(ct);
        await session.ExecuteAsync("select pg_advisory_xact_lock(?)", ct, ConfigurationWriter.WriteLock);
    }
}
