using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Protocol;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Brings a client's request to one server and its answer back:
/// <list type="number">
/// <item>the limits of user, tool and server, and the server's circuit;</item>
/// <item>the credential of this server for this user, asked for once more when the server refuses it, or wants one that may do more;</item>
/// <item>the session of this owner with the server, begun anew when the server has lost it;</item>
/// <item>the request, with the tool's own name in it, and everything that comes before the response handed on;</item>
/// <item>the response, as it is.</item>
/// </list>
/// </summary>
internal sealed class UpstreamRelay(
    UpstreamTargets targets, UpstreamSessions sessions, UpstreamListening listening, QuestionRounds rounds, ServerNews news, PortalLimits limits, Circuits circuits, TaskOwners tasks,
    IOptions<PortalOptions> options, TimeProvider clock)
{
    private const int Attempts = 3;
    private const string CannotBeAsked = "A client that speaks a revision without sessions (2026-07-28) cannot be asked anything by a server that has sessions. Connect with revision 2025-11-25 to be asked.";
    private const string NoTaskNow = "No task can be begun right now, and none was. Call without a task, or try again in a moment.";
    private const string LostTask = "The server has begun the task, but the portal could not remember whose it is, so nobody can ask for it. Do not repeat the call unless it may be done twice.";
    private long _next;

    /// <summary>Sends a request.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="server">A server that is visible to the one who asks.</param>
    /// <param name="make">The request to the server, under an id.</param>
    /// <param name="isCacheable">The result is of a kind that says how long it may be kept.</param>
    public async Task<RpcAnswer> CallAsync(PortalRequest request, PortalServer server, Func<Action<Utf8JsonWriter>, UpstreamRequest> make, bool isCacheable = false)
    {
        var (limited, lease) = await limits.TryBeginAsync(request, server);
        if (limited is not null)
        {
            return RpcAnswer.Failed(limited, PortalOutcomes.RateLimited);
        }

        var started = clock.GetTimestamp();
        try
        {
            if (!await tasks.CanKeepAsync(request, server))
            {
                return RpcAnswer.Failed(RpcError.Unavailable(NoTaskNow), PortalOutcomes.Unavailable);
            }

            var response = await circuits.RunAsync(server, answered => rounds.RunAsync(request, id => make(id) with { Answered = answered }, again => AttemptAsync(request, server, again)));
            if (!await tasks.KeepAsync(request, server, response))
            {
                return RpcAnswer.Failed(RpcError.Unavailable(LostTask), PortalOutcomes.Unavailable);
            }

            return AnswerOf(request, TaskIds.ForClient(server, request.Message, response), isCacheable);
        }
        catch (UpstreamException failure)
        {
            return RpcAnswer.Failed(failure.Error ?? ErrorOf(failure, server, request), failure.Outcome);
        }
        catch (OperationCanceledException) when (request.Cancellation.IsCancellationRequested)
        {
            return RpcAnswer.Cancelled;
        }
        finally
        {
            lease.Dispose();
            request.Log.ServerDuration = clock.GetElapsedTime(started);
        }
    }

    private async Task<RpcMessage> AttemptAsync(PortalRequest request, PortalServer server, Func<Action<Utf8JsonWriter>, UpstreamRequest> make)
    {
        var (refused, missingScope) = ("", "");
        for (var attempt = 1; ; attempt++)
        {
            var target = (await targets.OfAsync(request, server, refused, missingScope)) with { RequestLogLevel = request.LogLevel };
            var session = sessions.Get(request.UpstreamOwner, target, ClientOf(request, server), isShared: request.SessionId is not null);
            session.Target = targets.Later(request, server);
            using var abandoned = new CancellationTokenSource();
            await using var registration = request.Cancellation.Register(() => _ = AbandonAsync(request, server, session, abandoned));
            try
            {
                return await session.CallAsync(
                    target,
                    make(IdOf(request)),
                    message => HandOnAsync(request, server, session, target, message),
                    canAsk: request.SessionId is not null,
                    () => listening.BeginAsync(request, server, session),
                    abandoned.Token);
            }
            catch (UpstreamException failure) when (failure.IsUnprocessed && attempt < Attempts && CanHeal(failure, target, refused))
            {
                // The server did nothing: with another credential or session it is asked again.
                if (failure.Status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
                {
                    (refused, missingScope) = (target.CredentialId, failure.MissingScope ?? "");
                }

                if (failure.LostSession is { } lost)
                {
                    await session.ForgetAsync(lost, request.Cancellation);
                }
            }
        }
    }

    // A server with sessions cannot wait for what a client without one says in a later request: it is told that the client cannot be asked.
    private static UpstreamClient ClientOf(PortalRequest request, PortalServer server)
        => request.IsStateless && !Revisions.IsStateless(server.Catalog?.ProtocolVersion ?? "") ? request.Client with { Capabilities = default } : request.Client;

    // In this order the server never meets a request whose connection has gone without a word.
    private async Task AbandonAsync(PortalRequest request, PortalServer server, UpstreamSession session, CancellationTokenSource abandoned)
    {
        await CancelAsync(request, server, session);
        try
        {
            await abandoned.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It was answered at this very moment.
        }
    }

    private async Task CancelAsync(PortalRequest request, PortalServer server, UpstreamSession session)
    {
        // Closing the connection says it to a server without sessions. One with sessions wants to be told.
        if (request.SessionId is null || session is not { IsStateless: false, IsInitialized: true })
        {
            return;
        }

        try
        {
            using var deadline = new CancellationTokenSource(options.Value.TellingPatience);
            var target = await targets.OfAsync(request.Caller, server, deadline.Token);
            await session.SendAsync(
                target,
                RpcWriter.Write(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("jsonrpc", "2.0");
                    json.WriteString("method", NotificationMethods.CancelledNotification);
                    json.WriteStartObject("params");
                    json.Raw("requestId", request.Message.Id);
                    json.WriteEndObject();
                    json.WriteEndObject();
                }),
                NotificationMethods.CancelledNotification,
                deadline.Token);
        }
        catch (Exception failure) when (failure is UpstreamException or OperationCanceledException)
        {
            // It goes on there for nobody: its answer is not waited for.
        }
    }

    private static bool CanHeal(UpstreamException failure, UpstreamTarget target, string refused)
        => failure.LostSession is not null
            || (target.CredentialId.Length > 0 && (failure.MissingScope is not null ? target.LoginId.Length > 0 : failure.Status == StatusCodes.Status401Unauthorized && refused.Length == 0));

    // A client with a session never uses an id twice in it, so the server may see the client's own; clients without one share nothing but a grant.
    private Action<Utf8JsonWriter> IdOf(PortalRequest request)
    {
        if (request.SessionId is not null)
        {
            var id = request.Message.Id;
            return json => json.Raw(id);
        }

        var number = Interlocked.Increment(ref _next);
        return json => json.WriteNumberValue(number);
    }

    private async Task HandOnAsync(PortalRequest request, PortalServer server, UpstreamSession session, UpstreamTarget target, RpcMessage message)
    {
        message = TaskIds.ForClient(server, message);
        if (message.Kind == RpcKind.Notification)
        {
            if (ServerNews.IsOfLists(message.Method))
            {
                // The lists are the catalog's: clients hear of it when Config has read them.
                news.Heard(server, HeardServer.Types.Reason.ListsChanged);
                return;
            }

            // Who cannot be asked knows of no question that could be taken back. Logs come at the level that some request of this grant asked for: each gets
            // what it asked for itself.
            if (!request.IsStateless || (message.Method != NotificationMethods.CancelledNotification && (message.Method != LogLevels.Message || LogLevels.Includes(request.LogLevel, message))))
            {
                await request.Stream.SendAsync(ServerRequestIds.ForClient(server, message));
            }

            return;
        }

        if (request.SessionId is not null && message.Method != "ping")
        {
            await request.Stream.SendAsync(ServerRequestIds.ForClient(server, message));
            return;
        }

        var reply = message.Method == "ping"
            ? RpcWriter.Result(message.Id, "{}"u8.ToArray())
            : RpcWriter.Error(message.Id, new RpcError(RpcCodes.MethodNotFound, CannotBeAsked), request.FlowId);
        request.IsAskedInVain |= message.Method != "ping";
        await session.SendAsync(target, reply, null, request.Cancellation);
    }

    private static RpcAnswer AnswerOf(PortalRequest request, RpcMessage response, bool isCacheable)
    {
        if (response.Result.ValueKind != JsonValueKind.Undefined)
        {
            var isToolError = RpcMessage.Member(response.Result, "isError").ValueKind == JsonValueKind.True;
            return RpcAnswer.Ok(PortalResults.Adapt(request, response.Result, isCacheable), isToolError ? PortalOutcomes.ToolError : PortalOutcomes.Ok);
        }

        var code = RpcMessage.Member(response.Error, "code");
        return RpcAnswer.Relayed(RpcWriter.WithFlow(response.Error, request.FlowId), PortalOutcomes.UpstreamError, code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out var number) ? number : null);
    }

    private static RpcError ErrorOf(UpstreamException failure, PortalServer server, PortalRequest request)
        => RpcError.Unavailable(request.IsAskedInVain ? $"{failure.Message} {CannotBeAsked}" : failure.Message) with
    {
        Data = [("server_id", RpcWriter.Write(json => json.WriteStringValue(server.ServerId))), ("reason", RpcWriter.Write(json => json.WriteStringValue(failure.Outcome)))],
    };
}
