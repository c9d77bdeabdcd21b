using ManagedOAuth.Edge.OpenStreams;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// GET of a session: what belongs to no request, or with <c>Last-Event-ID</c> the rest of a stream whose connection broke. A client listens for as long
/// as it likes and its access lasts.
/// </summary>
internal sealed class PortalListening(
    Listeners listeners, ReplayLogs logs, OpenStreamList streams, PortalLimits limits, PortalRefusals refusals, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    public async Task ListenAsync(PortalVisit visit)
    {
        var context = visit.Http;
        IDisposable? lease = null;
        if ((await limits.TryCountAsync(visit.Principal) ?? limits.TryListen(visit.Principal, out lease)) is { } limited)
        {
            lease?.Dispose();
            await refusals.WriteAsync(visit, limited with { Status = StatusCodes.Status429TooManyRequests }, PortalOutcomes.RateLimited);
            return;
        }

        using var held = lease;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var open = streams.Open(visit.Credential, visit.Door.Application.Id, visit.Client, () => End(ended, context));
        try
        {
            if (context.Request.Headers[McpHeaders.LastEventId] is [{ Length: > 0 } last])
            {
                await ResumeAsync(visit, last, ended.Token);
            }
            else
            {
                await WaitAsync(visit, ended.Token);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client left, its access ended, or this process does.
        }
    }

    private async Task WaitAsync(PortalVisit visit, CancellationToken ended)
    {
        var log = logs.Begin(visit.SessionId!, Revisions.HasPrimingEvent(visit.Session!.Revision));
        await using var stream = new ClientStream(visit.Http, log, clock);
        await stream.OpenAsync();
        var visitor = PortalPrincipal.Visitor(visit.Credential, visit.Client);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = listeners.Add(new Listener(visit.SessionId!, visit.Door.Application.Id, visitor, visit.Session.SwitchedOff, stream)
        {
            Principal = visit.Principal,
            End = () => over.TrySetResult(),
        });
        await over.Task.WaitAsync(ended);
    }

    private async Task ResumeAsync(PortalVisit visit, string last, CancellationToken ended)
    {
        if (!ReplayLog.TryParse(last, out var streamId, out var number) || logs.Find(visit.SessionId!, streamId) is not { } log)
        {
            // Not one of this session's streams, or pushed out since: there is nothing to repeat, and nobody else's events are told.
            await WaitAsync(visit, ended);
            return;
        }

        log.Follow();
        try
        {
            await FollowAsync(visit, log, number, ended);
        }
        finally
        {
            log.Unfollow();
        }
    }

    private async Task FollowAsync(PortalVisit visit, ReplayLog log, long number, CancellationToken ended)
    {
        await using var stream = new ClientStream(visit.Http, null, clock);
        await stream.OpenAsync();
        for (var isFirst = true; ; isFirst = false)
        {
            // Before the look at the events: what comes between is the last one.
            var isOver = log.IsComplete;
            var (events, last, more) = log.After(number);
            if (!isFirst && events.Count < last - number)
            {
                // Something came that the client was too slow for: a stream that breaks does not look complete.
                visit.Http.Abort();
                return;
            }

            number = Math.Max(number, last);
            foreach (var (id, message) in events)
            {
                await stream.SendAsync(message, id);
            }

            if (events.Count == 0 && isOver)
            {
                return;
            }

            await more.WaitAsync(ended);
        }
    }

    private static void End(CancellationTokenSource ended, HttpContext context)
    {
        // First: whoever waits for the cancellation would end the answer as if it were complete.
        context.Abort();
        try
        {
            ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended at this very moment.
        }
    }
}
