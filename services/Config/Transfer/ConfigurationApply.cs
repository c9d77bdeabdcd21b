using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Transfer.Jobs;

namespace ManagedOAuth.Config.Transfer;

/// <summary>Applies an uploaded file: checks the whole of it, then saves it at once, or as a job where it is long.</summary>
public sealed class ConfigurationApply(
    TransferUploads uploads, TransferPlanner planner, ConfigurationLog log, ConfigurationLoader loader, ConfigurationWriter writer, ChangeAnswers answers, TransferJobs jobs, TimeProvider clock)
{
    private const int MostErrors = 100;

    public async Task<IResult> RunAsync(HttpContext context, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        var errors = new List<ApiError>();
        if (ApplyRequest.From(context.Request, errors) is not { } asked)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors);
        }

        using var turn = await uploads.EnterAsync(ct);
        var (json, refusal) = await uploads.ReadAsync(context.Request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        if (TransferFile.Read(json, planner.Kinds, errors) is not { } file)
        {
            return Refused(errors);
        }

        if (asked is { Async: true, DryRun: false })
        {
            return JobEndpoints.Started(await jobs.StartAsync(asked, json, context, ct));
        }

        var plan = planner.Plan(file, await loader.CatchUpAsync(log.Current, ct), asked.Prune, PlanAnswer.MostSteps);
        if (asked.ExpectedPosition is { } expected && expected != plan.Position)
        {
            return ApiEnvelope.Error(StatusCodes.Status412PreconditionFailed, ApiErrors.MovedOn(plan.Position));
        }

        return plan.Errors.Count > 0 ? Refused(plan.Errors)
            : asked.DryRun ? PlanAnswer.Of(plan, dryRun: true)
            : plan.Batches().Skip(1).Any() ? JobEndpoints.Started(await jobs.StartAsync(asked, json, context, ct))
            : await SaveAsync(plan, asked, ct);
    }

    // Everything or nothing. What the plan saw may have changed since; so each step is decided again under the lock.
    private async Task<IResult> SaveAsync(TransferPlan plan, ApplyRequest asked, CancellationToken ct)
    {
        var answer = PlanAnswer.Of(plan, dryRun: false);
        if (plan.Steps.Count == 0)
        {
            return answer;
        }

        await using var change = await writer.BeginAsync(ct, isTransfer: true);
        if (asked.ExpectedPosition is { } expected && expected != change.Snapshot.Position)
        {
            return ApiEnvelope.Error(StatusCodes.Status412PreconditionFailed, ApiErrors.MovedOn(change.Snapshot.Position));
        }

        var errors = TransferBatch.Draft(change.Draft, plan.Steps, clock.GetUtcNow());
        return errors.Count > 0
            ? ApiEnvelope.Error(StatusCodes.Status409Conflict, [ApiErrors.InUse("somebody changed the configuration at the same moment; nothing was done"), .. errors.Take(MostErrors)])
            : await answers.SaveAsync(change, answer, TransferBatch.Touched(change.State, change.Draft), ct);
    }

    private static EnvelopeResult Refused(IReadOnlyList<ApiError> errors)
    {
        var answer = new EnvelopeResult(StatusCodes.Status400BadRequest, [.. errors.Take(MostErrors)], null);
        if (errors.Count > MostErrors)
        {
            answer.Messages.Add(new ApiError(12144, $"these are the first {MostErrors} of {errors.Count} errors; nothing was done"));
        }

        return answer;
    }
}
