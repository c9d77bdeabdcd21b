using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.Edge.OpenStreams;
using ManagedOAuth.Edge.Portals.Log;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>Answers the requests of clients: each has an entry in the portal's log, and none goes on that the configuration no longer admits.</summary>
internal sealed partial class PortalAnswers(
    PortalMethods methods,
    ReplayLogs logs,
    InFlightRequests inFlight,
    PortalDirectories directories,
    OpenStreamList streams,
    PortalLogReporter reporter,
    PortalRefusals refusals,
    DrainEnd drained,
    TimeProvider clock,
    ILogger<PortalAnswers> logger)
{
    /// <summary>Answers a request.</summary>
    /// <param name="visit">Who asks, and where.</param>
    /// <param name="message">The request.</param>
    /// <param name="revision">The revision that the client speaks.</param>
    public async Task AnswerAsync(PortalVisit visit, RpcMessage message, string revision)
    {
        var isStateless = Revisions.IsStateless(revision);
        var owner = visit.SessionId ?? $"{visit.Principal.Key}/{visit.Http.TraceIdentifier}";
        using var ended = new CancellationTokenSource();

        // Where there are sessions, a broken connection does not mean that nobody wants the answer any more.
        using var linked = isStateless ? CancellationTokenSource.CreateLinkedTokenSource(ended.Token, visit.Http.RequestAborted) : null;
        PortalUse? use = null;
        using var entry = inFlight.Add(owner, message.IdText, () => IsStillAllowed(visit, Volatile.Read(ref use)), linked?.Token ?? ended.Token);
        if (entry is null)
        {
            var twice = RpcError.InvalidRequest("A request with this id is being answered already.");
            await refusals.WriteAsync(visit, twice, PortalOutcomes.InvalidRequest, message);
            return;
        }

        using var open = streams.Open(visit.Credential, visit.Door.Application.Id, visit.Client, () => End(ended, visit.Http));

        // At the end of draining too: that its connection is cut alone does not end a call.
        using var cut = drained.Token.Register(() => End(ended, visit.Http));
        var log = visit.SessionId is { } session ? logs.Begin(session, Revisions.HasPrimingEvent(revision)) : null;
        await using var stream = new ClientStream(visit.Http, log, clock);
        var request = RequestOf(visit, message, revision, stream, entry.Token, uses =>
        {
            // What the configuration of the request admitted may have been taken away before anybody could know that it is used.
            Volatile.Write(ref use, uses);
            entry.Check();
        });
        var answer = await ServeAsync(request);
        if (entry.IsDenied)
        {
            answer = RpcAnswer.Failed(RpcError.Unavailable("The configuration no longer admits this request."), PortalOutcomes.Denied);
        }

        Report(request, answer);

        // Before the answer: a client that has it may use the id again at once.
        entry.Dispose();
        var status = answer.Error?.Status ?? StatusCodes.Status200OK;
        await stream.CompleteAsync(ResponseOf(request, answer), status);
    }

    private async Task<RpcAnswer> ServeAsync(PortalRequest request)
    {
        try
        {
            return await methods.HandleAsync(request);
        }
        catch (OperationCanceledException) when (request.Cancellation.IsCancellationRequested)
        {
            return RpcAnswer.Cancelled;
        }
        catch (Exception failure)
        {
            // Protects the log, which has an entry for every request, and the client, which waits for an answer.
            Log.Failed(logger, failure, methods.NameOf(request.Message.Method));
            return RpcAnswer.Failed(RpcError.Unavailable("The portal could not serve this request. Its administrator finds the reason under the flow_id."), PortalOutcomes.Unavailable);
        }
    }

    private void Report(PortalRequest request, RpcAnswer answer)
    {
        var duration = clock.GetElapsedTime(request.StartedAt);
        PortalMetrics.Answered(methods.NameOf(request.Message.Method), answer.Outcome, duration);
        if (request.Log.ServerDuration is { } took)
        {
            PortalMetrics.ServerAnswered(took);
        }

        if (request.Message.Method != RequestMethods.Ping)
        {
            reporter.Add(PortalLogEntries.Of(request, answer, clock.GetUtcNow(), duration));
        }
    }

    /// <summary>A message of a client with all that a method needs to know of it.</summary>
    public static PortalRequest RequestOf(
        PortalVisit visit, RpcMessage message, string revision, ClientStream stream, CancellationToken cancellation, Action<PortalUse>? uses = null) => new()
    {
        Http = visit.Http,
        Door = visit.Door,
        Credential = visit.Credential,
        Principal = visit.Principal,
        Visitor = PortalPrincipal.Visitor(visit.Credential, visit.Client),
        Directory = visit.Directory,
        Message = message,
        Stream = stream,
        Revision = revision,
        FlowId = visit.FlowId,
        StartedAt = visit.StartedAt,
        SessionId = visit.SessionId,
        Session = visit.Session,
        Cancellation = cancellation,
        Uses = uses,
    };

    private static ReadOnlyMemory<byte> ResponseOf(PortalRequest request, RpcAnswer answer)
        => answer.Error is { } error ? RpcWriter.Error(request.Message.Id, error, request.FlowId)
            : answer.RelayedError.Length > 0 ? RpcWriter.RelayedError(request.Message.Id, answer.RelayedError)
            : RpcWriter.Result(request.Message.Id, answer.Result);

    // What was there when it was asked for may have been taken away since.
    private bool IsStillAllowed(PortalVisit visit, PortalUse? use)
        => directories.Find(visit.Door.Application.Id) is { } directory
            && (use is null || ReferenceEquals(directory, visit.Directory) || use.IsAllowed(directory, PortalPrincipal.Visitor(visit.Credential, visit.Client)));

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
            // It was answered at this very moment.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} at a portal failed.", EventName = "PortalRequestFailed")]
        public static partial void Failed(ILogger logger, Exception failure, string method);
    }
}
