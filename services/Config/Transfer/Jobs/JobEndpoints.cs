using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Transfer.Jobs;

/// <summary><c>/access/jobs</c>: work that goes on after its request was answered.</summary>
public static class JobEndpoints
{
    public static void MapJobs(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var jobs = access.MapGroup("/jobs").RequirePermission(ApiPermission.Read, ApiPermission.Write);
        jobs.MapGet("/", List).DescribePage().Answers(JsonShape.ListOf(TransferShapes.JobSummary));
        jobs.MapGet("/{id:guid}", async (Guid id, TransferJobs all, CancellationToken ct) => Show(await all.FindAsync(id, ct))).Answers(TransferShapes.Job);
        jobs.MapPost("/{id:guid}/cancel", async (Guid id, TransferJobs all, CancellationToken ct) => Show(await all.CancelAsync(id, ct))).Answers(TransferShapes.Job);
    }

    /// <summary>The answer to a request that became a job; null = too many are under way.</summary>
    public static IResult Started(TransferJob? job)
        => job is null
            ? ApiEnvelope.Error(StatusCodes.Status429TooManyRequests, ApiErrors.InUse($"{TransferJobs.MostOpen} jobs are under way; wait until one has ended, or cancel one"))
            : Accepted(job);

    /// <summary>The answer to a request that became this job.</summary>
    public static EnvelopeResult Accepted(TransferJob job) => new(StatusCodes.Status202Accepted, [], ToJson(job)) { IsDeferred = true };

    private static async Task<IResult> List(HttpRequest request, TransferJobs all, CancellationToken ct)
    {
        if (Paging.From(request.Query) is not { } paging)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
        }

        var (jobs, total) = await all.ListAsync(paging, ct);
        return ApiEnvelope.Page(jobs.Select(Summary), paging, total);
    }

    private static IResult Show(TransferJob? job)
        => job is null ? ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("job")) : ApiEnvelope.Ok(ToJson(job));

    private static JsonObject ToJson(TransferJob job)
    {
        var shown = Summary(job);
        shown["errors"] = new JsonArray([.. job.Errors.Select(error => new JsonObject { ["pointer"] = error.Pointer, ["message"] = error.Message })]);
        return shown;
    }

    // A job may have a thousand errors, and a page a thousand jobs.
    private static JsonObject Summary(TransferJob job)
    {
        var shown = new JsonObject
        {
            ["id"] = job.Id,
            ["type"] = "apply",
            ["state"] = job is { State: TransferJobState.Running, CancelRequested: true } ? "cancelling" : job.State.ToString().ToLowerInvariant(),
            ["prune"] = job.Prune,
            ["file_bytes"] = job.Length,
            ["progress"] = new JsonObject { ["done"] = job.Done.Steps, ["total"] = job.Total },
            ["counts"] = job.Done.ToJson(),
            ["error_count"] = job.ErrorCount,
            ["created_at"] = job.CreatedAt,
            ["started_at"] = job.StartedAt,
            ["ended_at"] = job.EndedAt,
        };
        Actors.Show(shown, job.Actor);
        if (job.ExpectedPosition is not null)
        {
            shown["expected_position"] = job.ExpectedPosition;
        }

        return shown;
    }
}
