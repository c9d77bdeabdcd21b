using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;

namespace ManagedOAuth.Config.Transfer;

/// <summary>
/// <c>POST /access/apply</c>: makes the configuration what a file says. The whole file is checked before anything is changed. Up to
/// <see cref="TransferFormat.BatchSize"/> changes are one transaction; more become a job.
/// </summary>
public static class ApplyEndpoint
{
    public static void MapApply(this RouteGroupBuilder access)
        => access.MapPost("/apply", (HttpContext context, ConfigurationApply apply, CancellationToken ct) => apply.RunAsync(context, ct)).RequirePermission(ApiPermission.Write).WithDryRun().LimitBody(TransferFormat.MaximumLength)
            .Takes(TransferShapes.File).Answers(AnyOf(TransferShapes.Plan, TransferShapes.Job))
            .Describe("prune", "boolean", "Also remove what the file does not have, of the kinds that it is about.")
            .Describe("async", "boolean", "Answer 202 with a job at once, however small the file is.")
            .Describe("expected_position", "integer", "Refuse with 412 when the configuration is no longer at the position that the plan gave.");
}
