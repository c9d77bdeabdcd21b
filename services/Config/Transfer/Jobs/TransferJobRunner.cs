using System.Net;
using System.Security.Cryptography;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Transfer.Jobs;

/// <summary>
/// Runs the jobs, one at a time over all replicas. A job is planned on the newest configuration and applied batch by batch, each batch and the job's
/// counts in one transaction. So a job that another process goes on with is planned again, and what was applied is left alone.
/// </summary>
public sealed partial class TransferJobRunner(
    TransferJobs jobs, TransferJobFiles files, TransferPlanner planner, ConfigurationLog log, ConfigurationLoader loader, IServiceScopeFactory scopes, TimeProvider clock, ILogger<TransferJobRunner> logger)
    : BackgroundService
{
    private const int MostAttempts = 5;
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);

    private readonly string _runner = Guid.NewGuid().ToString("N");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var asked = jobs.Asked;
            TransferJob? job = null;
            try
            {
                while ((job = await jobs.TakeAsync(_runner, stoppingToken)) is not null)
                {
                    await RunAsync(job, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                await GiveBackAsync(job);
                return;
            }
#pragma warning disable CA1031 // Protects the loop: the job is taken up again, a few times.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                Log.Failed(logger, failed, job?.Id ?? Guid.Empty);
            }

            await Task.WhenAny(asked, Task.Delay(s_poll, clock, stoppingToken));
        }
    }

    private async Task RunAsync(TransferJob job, CancellationToken ct)
    {
        if (job.Attempts > MostAttempts)
        {
            await EndAsync(job.Id, TransferJobState.Failed, ct, new TransferJobError(null, "it broke off several times without getting any further; the service's log says why"));
            return;
        }

        // A plan takes seconds with a long file; the lease begins anew with each batch.
        if (await PlanAsync(job, ct) is not { } plan)
        {
            return;
        }

        var planned = await jobs.UpdateAsync(
            job.Id,
            now => IsMine(now)
                ? now with { Total = now.Done.Steps + plan.Steps.Count, Done = now.Done with { Unchanged = plan.Unchanged - now.Done.Created - now.Done.Changed }, LeaseUntil = LeaseFromNow() }
                : now,
            ct);
        if (planned is null || !IsMine(planned))
        {
            // It took so long that another process has taken it up.
            return;
        }

        var first = job.Done.Steps == 0;
        foreach (var steps in plan.Batches())
        {
            if (!await SaveAsync(job.Id, steps, first, ct))
            {
                return;
            }

            first = false;
        }

        await EndAsync(job.Id, TransferJobState.Succeeded, ct);
        Log.Ended(logger, job.Id);
    }

    private async Task<TransferPlan?> PlanAsync(TransferJob job, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        TransferPlan? plan = null;
        try
        {
            if (TransferFile.Read(await files.LoadAsync(job, ct), planner.Kinds, errors) is { } file)
            {
                plan = planner.Plan(file, await loader.CatchUpAsync(log.Current, ct), job.Prune);
                errors.AddRange(plan.Errors);
            }
        }
        catch (CryptographicException damaged)
        {
            Log.Failed(logger, damaged, job.Id);
            errors.Add(ApiErrors.InvalidRequest("the kept file does not open; apply it again"));
        }

        if (errors.Count == 0)
        {
            return plan;
        }

        await EndAsync(job.Id, TransferJobState.Failed, ct, [.. errors.Select(Shown)]);
        return null;
    }

    /// <summary>Saves one batch; false when the job is over.</summary>
    private async Task<bool> SaveAsync(Guid id, IReadOnlyList<TransferStep> steps, bool first, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ConfigurationWriter>();
        var job = await jobs.FindAsync(id, ct) ?? throw new InvalidOperationException($"The job {id} is gone.");
        await using var change = await writer.BeginAsync(ct, job.Actor, isTransfer: true);
        job = await change.Session.LoadAsync<TransferJob>(id, ct);
        if (job is null || !IsMine(job))
        {
            return false;
        }

        var errors = job.CancelRequested ? [] : Obstacles(job, first, change.State);
        if (!job.CancelRequested && errors.Count == 0)
        {
            errors = [.. TransferBatch.Draft(change.Draft, steps, clock.GetUtcNow()).Select(Shown)];
        }

        if (job.CancelRequested || errors.Count > 0)
        {
            TransferJobs.Store(change.Session, jobs.End(job, job.CancelRequested ? TransferJobState.Cancelled : TransferJobState.Failed, errors));
            await change.Session.SaveChangesAsync(ct);
            return false;
        }

        var done = job.Done with
        {
            Created = job.Done.Created + steps.Count(step => step.Action == TransferAction.Create),
            Changed = job.Done.Changed + steps.Count(step => step.Action == TransferAction.Change),
            Removed = job.Done.Removed + steps.Count(step => step.Action == TransferAction.Remove),
        };
        TransferJobs.Store(change.Session, job with { Done = done, LeaseUntil = LeaseFromNow(), Attempts = 0 });
        change.Session.SetHeader("job", id.ToString());
        await writer.AnnounceAsync(TransferBatch.Touched(change.State, change.Draft));
        await writer.SaveAsync(change, ct);
        return true;
    }

    // What a job may do is what its caller may do at the time of each batch.
    private List<TransferJobError> Obstacles(TransferJob job, bool first, ConfigurationState state)
    {
        var errors = new List<TransferJobError>();
        if (first && job.ExpectedPosition is { } expected && expected != state.Snapshot.Position)
        {
            errors.Add(Shown(ApiErrors.MovedOn(state.Snapshot.Position)));
        }

        if (TransferJobs.IsUser(job.Actor) && !GetsIn(job, state.Snapshot))
        {
            errors.Add(new TransferJobError(null, "whoever started this job may no longer enter the dashboard"));
        }
        else if (!PermissionsOf(job, state).Hold(ApiPermission.Write) || (job.ByDashboard && state.Snapshot.Organization is { IsUiReadOnly: true }))
        {
            errors.Add(new TransferJobError(null, "whoever started this job may no longer change the configuration"));
        }

        return errors;
    }

    // The permissions say nothing about that: they are everything unless the organization sets them.
    private static bool GetsIn(TransferJob job, ConfigurationSnapshot snapshot)
        => job.User is { } user && IPAddress.TryParse(job.ClientAddress, out var address) && DashboardDoor.Admits(snapshot, job.DashboardOrigin, user, address);

    private IReadOnlyList<ApiPermission> PermissionsOf(TransferJob job, ConfigurationState state)
    {
        if (TransferJobs.IsUser(job.Actor))
        {
            // Without knowing who and where they are nothing can be decided: they may do nothing.
            return job.User is { } user && IPAddress.TryParse(job.ClientAddress, out var address) ? DashboardAuthority.PermissionsOf(state.Snapshot, user, address) : [];
        }

        var token = state.ApiTokens.Values.FirstOrDefault(token => token.Id.ToString() == job.CallerKey);
        return token?.Admits(clock.GetUtcNow(), IPAddress.TryParse(job.ClientAddress, out var from) ? from : null) == true ? token.Permissions : [];
    }

    private async Task EndAsync(Guid id, TransferJobState state, CancellationToken ct, params IReadOnlyList<TransferJobError> errors)
        => await jobs.UpdateAsync(id, job => IsMine(job) ? jobs.End(job, state, errors) : job, ct);

    // The next start, here or elsewhere, need not wait for the lease to end.
    private async Task GiveBackAsync(TransferJob? job)
    {
        if (job is null)
        {
            return;
        }

        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), clock);
            await jobs.UpdateAsync(job.Id, now => now.Runner == _runner ? now with { LeaseUntil = clock.GetUtcNow(), Attempts = 0 } : now, patience.Token);
        }
#pragma warning disable CA1031 // The service is stopping: the lease ends by itself.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            Log.Failed(logger, failed, job.Id);
        }
    }

    private bool IsMine(TransferJob job) => !job.HasEnded && job.Runner == _runner;

    private DateTimeOffset LeaseFromNow() => clock.GetUtcNow() + TransferJobs.Lease;

    private static TransferJobError Shown(ApiError error) => new(error.Source?.Pointer, error.Message);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Job {Job} has been applied", EventName = "TransferJobEnded")]
        public static partial void Ended(ILogger logger, Guid job);

        [LoggerMessage(2, LogLevel.Warning, "Job {Job} broke off; it is taken up again", EventName = "TransferJobFailed")]
        public static partial void Failed(ILogger logger, Exception exception, Guid job);
    }
}
