using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Config.Feed;

/// <summary>
/// <c>?wait=applied&amp;timeout=5s</c> on a write: the answer comes when every connected service and edge has the change in force, or when the time is
/// over; <c>result_info.applied</c> tells how far it came. The change stands in either case.
/// </summary>
public sealed class AppliedFilter(ConfigurationLog log, FeedReaders readers) : IEndpointFilter
{
    private static readonly TimeSpan s_default = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var (http, query) = (context.HttpContext, context.HttpContext.Request.Query);
        if (!query.TryGetValue("wait", out var wait) || HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))
        {
            return await next(context);
        }

        var timeout = s_default;
        if (wait != "applied" || (query.TryGetValue("timeout", out var text) && !(GoDuration.TryParse(text.ToString(), out timeout) && timeout >= TimeSpan.Zero && timeout <= s_longest)))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("wait is applied, timeout a duration of at most 30s; nothing was done"));
        }

        var answer = await next(context);
        if (answer is EnvelopeResult { Success: true, IsDeferred: true } deferred)
        {
            deferred.Messages.Add(new ApiError(12143, "wait=applied does not wait for a job; ask for the job's state, then for access/changes/status"));
        }
        else if (answer is EnvelopeResult { Success: true } done && !DryRuns.DryRun.IsAsked(http.Request))
        {
            var snapshot = log.Current.Snapshot;
            var (everywhere, known) = await readers.WaitForAsync(snapshot.Epoch, snapshot.Position, timeout, http.RequestAborted);
            done.Info ??= [];
            done.Info["applied"] = FeedStatus.Show(snapshot.Epoch, snapshot.Position, known);
            if (!everywhere)
            {
                done.Messages.Add(new ApiError(12142, $"the change is saved, but was not in force everywhere within {GoDuration.Format(timeout)}; result_info.applied says where it is"));
            }
        }

        return answer;
    }
}
