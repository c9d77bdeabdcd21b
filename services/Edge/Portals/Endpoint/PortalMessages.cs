using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.Edge.OpenStreams;
using ManagedOAuth.Edge.Portals.BuiltIns;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Log;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Portals.Upstreams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// One message of a client: a request is answered, a notification and a response to a server's request are handed on.
/// </summary>
internal sealed partial class PortalMessages(
    PortalMethods methods,
    PortalSessionStore sessions,
    ReplayLogs logs,
    InFlightRequests inFlight,
    ClientMessages clientMessages,
    PortalDirectories directories,
    PortalLimits limits,
    OpenStreamList streams,
    PortalLogReporter reporter,
    PortalRefusals refusals,
    DrainEnd drained,
    TimeProvider clock,
    ILogger<PortalMessages> logger)
{
    public async Task HandleAsync(PortalVisit visit, RpcMessage message)
    {
        var version = visit.Http.Request.Headers[McpHeaders.ProtocolVersion].ToString();
        var isStateless = Revisions.IsStateless(version) || (visit.SessionId is null && RpcMessage.Member(message.Meta, MetaKeys.ProtocolVersion).ValueKind == JsonValueKind.String);
        if (isStateless)
        {
            await HandleStatelessAsync(visit, message, version);
        }
        else if (message is { Kind: RpcKind.Request, Method: RequestMethods.Initialize })
        {
            await InitializeAsync(visit, message);
        }
        else if (visit.Session is null)
        {
            await refusals.WriteAsync(visit, new EndpointRefusal(StatusCodes.Status400BadRequest, "Mcp-Session-Id is missing. Begin with initialize."), message);
        }
        else if (message.Kind == RpcKind.Request)
        {
            await AnswerAsync(visit, message, visit.Session.Revision);
        }
        else
        {
            await HandOnAsync(visit, message, visit.Session.Revision);
        }
    }

    /// <summary>Ends a session and what it has at servers.</summary>
    public async Task EndSessionAsync(PortalVisit visit)
    {
        await sessions.EndAsync(visit.SessionId!, visit.Http.RequestAborted);
        logs.Forget(visit.SessionId!);

        // Beside the answer: servers may take their time.
        _ = clientMessages.EndAsync(visit);
        visit.Http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task HandleStatelessAsync(PortalVisit visit, RpcMessage message, string version)
    {
        var error = visit.SessionId is not null ? RpcError.InvalidRequest("This protocol revision has no sessions: leave Mcp-Session-Id out.")
            : !Revisions.IsStateless(RpcMessage.Member(message.Meta, MetaKeys.ProtocolVersion).GetStringOrNull() ?? version) ? Unsupported(message)
            : StatelessHeaders.Check(visit.Http.Request.Headers, message)
            ?? ClientIntroduction.Check(RpcMessage.Member(message.Meta, MetaKeys.ClientInfo), RpcMessage.Member(message.Meta, MetaKeys.ClientCapabilities));
        if (error is not null)
        {
            await refusals.WriteAsync(visit, error, PortalOutcomes.InvalidRequest, message);
        }
        else if (message.Kind == RpcKind.Request)
        {
            await AnswerAsync(visit, message, Revisions.Stateless);
        }
        else
        {
            await HandOnAsync(visit, message, Revisions.Stateless);
        }
    }

    private async Task InitializeAsync(PortalVisit visit, RpcMessage message)
    {
        if (visit.SessionId is not null)
        {
            await refusals.WriteAsync(visit, new EndpointRefusal(StatusCodes.Status400BadRequest, "The session has begun already. Begin another without Mcp-Session-Id."), message);
            return;
        }

        var (info, capabilities) = (RpcMessage.Member(message.Params, "clientInfo"), RpcMessage.Member(message.Params, "capabilities"));
        if ((ClientIntroduction.Check(info, capabilities) ?? await limits.TryBeginSessionAsync(visit.Principal)) is { } error)
        {
            await refusals.WriteAsync(visit, error, error.Code == RpcCodes.RateLimited ? PortalOutcomes.RateLimited : PortalOutcomes.InvalidRequest, message);
            return;
        }

        var (id, session) = await sessions.CreateAsync(
            new PortalSession
            {
                ApplicationId = visit.Door.Application.Id,
                Principal = visit.Principal.Key,
                GrantId = visit.Credential.GrantId,
                Revision = Revisions.Negotiate(message.Text("protocolVersion")),
                ClientInfo = ClientIntroduction.Kept(info),
                Capabilities = ClientIntroduction.Kept(capabilities),
                OptimizeContext = OptimizedContext.Of(visit.Http.Request),
                CreatedAt = clock.GetUtcNow(),
            },
            visit.Http.RequestAborted);
        visit.Http.Response.Headers[McpHeaders.SessionId] = id;
        await AnswerAsync(visit with { SessionId = id, Session = session }, message, session.Revision);
    }

    private async Task AnswerAsync(PortalVisit visit, RpcMessage message, string revision)
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

    private static PortalRequest RequestOf(
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

    private async Task HandOnAsync(PortalVisit visit, RpcMessage message, string revision)
    {
        // They cost servers as much as requests do.
        if (await limits.TryCountAsync(visit.Principal) is { } limited)
        {
            await refusals.WriteAsync(visit, limited with { Status = StatusCodes.Status429TooManyRequests }, PortalOutcomes.RateLimited, message);
            return;
        }

        await using (var stream = new ClientStream(visit.Http, null, clock))
        {
            await clientMessages.HandleAsync(RequestOf(visit, message, revision, stream, visit.Http.RequestAborted));
        }

        // A server that took its time with it: the answer has begun as one that takes long.
        if (!visit.Http.Response.HasStarted)
        {
            visit.Http.Response.StatusCode = StatusCodes.Status202Accepted;
        }
    }

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

    private static RpcError Unsupported(RpcMessage message) => new(RpcCodes.UnsupportedVersion, "This protocol revision is not spoken here.")
    {
        Status = StatusCodes.Status400BadRequest,
        Data =
        [
            ("supported", RpcWriter.Write(json =>
            {
                json.WriteStartArray();
                foreach (var version in Revisions.WithoutSessions.Concat(Revisions.WithSessions))
                {
                    json.WriteStringValue(version);
                }

                json.WriteEndArray();
            })),
            ("requested", RpcWriter.Write(json => json.Raw(RpcMessage.Member(message.Meta, MetaKeys.ProtocolVersion)))),
        ],
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} at a portal failed.", EventName = "PortalRequestFailed")]
        public static partial void Failed(ILogger logger, Exception failure, string method);
    }
}
