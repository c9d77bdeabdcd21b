using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Brings a client's request to one server and its answer back:
/// <list type="number">
/// <item>the limits of user, tool and server, and the server's circuit;</item>
/// <item>the credential of this server for this user, asked for once more when the server refuses it;</item>
/// <item>the session of this owner with the server, begun anew when the server has lost it;</item>
/// <item>the request, with the tool's own name in it, and everything that comes before the response handed on;</item>
/// <item>the response, as it is.</item>
/// </list>
/// </summary>
internal sealed class UpstreamRelay(
    UpstreamCredentialCache credentials, UpstreamAssertions assertions, UpstreamSessions sessions, UpstreamListening listening, PendingInputs inputs, ServerNews news, PortalLimits limits, Circuits circuits, TimeProvider clock)
{
    private const int Attempts = 3;
    private const int MaximumRounds = 16;
    private const string CannotBeAsked = "A client that speaks a revision without sessions (2026-07-28) cannot be asked anything by a server that has sessions. Connect with revision 2025-11-25 to be asked.";
    private long _next;

    /// <summary>Sends a request.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="server">A server that is visible to the one who asks.</param>
    /// <param name="make">The request to the server, under an id.</param>
    /// <param name="isCacheable">The result is of a kind that says how long it may be kept.</param>
    public async Task<RpcAnswer> CallAsync(PortalRequest request, PortalServer server, Func<Action<Utf8JsonWriter>, UpstreamRequest> make, bool isCacheable = false)
    {
        if (limits.TryBegin(request, server, out var lease) is { } limited)
        {
            return RpcAnswer.Failed(limited, PortalOutcomes.RateLimited);
        }

        var started = clock.GetTimestamp();
        try
        {
            var response = await circuits.RunAsync(server, () => InRoundsAsync(request, server, make));
            return AnswerOf(request, response, isCacheable);
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

    // A server without sessions ends its answer with questions, where one with sessions would ask and wait. A client with a session is asked the latter way.
    private async Task<RpcMessage> InRoundsAsync(PortalRequest request, PortalServer server, Func<Action<Utf8JsonWriter>, UpstreamRequest> make)
    {
        var response = await AttemptAsync(request, server, make);
        for (var round = 0; request.SessionId is not null && RpcMessage.Member(response.Result, "resultType").GetStringOrNull() == "input_required"; round++)
        {
            if (round == MaximumRounds)
            {
                throw new UpstreamException(PortalOutcomes.UpstreamError, "The server asks questions without an end.");
            }

            var answers = await AskAsync(request, RpcMessage.Member(response.Result, "inputRequests"));
            var state = RpcMessage.Member(response.Result, "requestState");
            response = await AttemptAsync(request, server, id => make(id) with
            {
                Added = json =>
                {
                    json.WriteStartObject("inputResponses");
                    foreach (var (name, answer) in answers)
                    {
                        json.Raw(name, answer);
                    }

                    json.WriteEndObject();
                    if (state.ValueKind != JsonValueKind.Undefined)
                    {
                        json.Raw("requestState", state);
                    }
                },
            });
        }

        return response;
    }

    private async Task<List<(string Name, JsonElement Answer)>> AskAsync(PortalRequest request, JsonElement questions)
    {
        var answers = new List<(string, JsonElement)>();
        if (questions.ValueKind == JsonValueKind.Object)
        {
            foreach (var question in questions.EnumerateObject().Take(MaximumRounds))
            {
                answers.Add((question.Name, await inputs.AskAsync(request, question.Value)));
            }
        }

        return answers;
    }

    private async Task<RpcMessage> AttemptAsync(PortalRequest request, PortalServer server, Func<Action<Utf8JsonWriter>, UpstreamRequest> make)
    {
        var refused = "";
        for (var attempt = 1; ; attempt++)
        {
            var target = await TargetAsync(request, server, refused);
            var session = sessions.Get(request.UpstreamOwner, server, ClientOf(request, server), isShared: request.SessionId is not null);
            using var abandoned = new CancellationTokenSource();
            await using var registration = request.Cancellation.Register(() => _ = AbandonAsync(request, server, abandoned));
            try
            {
                return await session.CallAsync(
                    target,
                    make(IdOf(request)),
                    message => HandOnAsync(request, server, session, target, message),
                    canAsk: request.SessionId is not null,
                    () => listening.BeginAsync(request, server, session, cancellation => TargetAsync(request.Principal, server, cancellation)),
                    abandoned.Token);
            }
            catch (UpstreamException failure) when (failure.IsUnprocessed && attempt < Attempts && CanHeal(failure, target, refused))
            {
                // The server did nothing: with another credential or session it is asked again.
                refused = failure.Status == StatusCodes.Status401Unauthorized ? target.CredentialId : refused;
                if (failure.Status == StatusCodes.Status404NotFound)
                {
                    await session.ForgetAsync(request.Cancellation);
                }
            }
        }
    }

    // A server with sessions cannot wait for what a client without one says in a later request: it is told that the client cannot be asked.
    private static UpstreamClient ClientOf(PortalRequest request, PortalServer server)
        => request.IsStateless && !Revisions.IsStateless(server.Catalog?.ProtocolVersion ?? "") ? request.Client with { Capabilities = default } : request.Client;

    // In this order the server never meets a request whose connection has gone without a word.
    private async Task AbandonAsync(PortalRequest request, PortalServer server, CancellationTokenSource abandoned)
    {
        await CancelAsync(request, server);
        try
        {
            await abandoned.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It was answered at this very moment.
        }
    }

    private async Task CancelAsync(PortalRequest request, PortalServer server)
    {
        // Closing the connection says it to a server without sessions. One with sessions wants to be told.
        if (request.SessionId is null || sessions.Find(request.UpstreamOwner, server) is not { IsStateless: false, IsInitialized: true } session)
        {
            return;
        }

        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            var target = await TargetAsync(request.Principal, server, deadline.Token);
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
        => failure.Status == StatusCodes.Status404NotFound
            || (failure.Status == StatusCodes.Status401Unauthorized && target.CredentialId.Length > 0 && refused.Length == 0);

    /// <summary>A server with what it is shown for the one who asks.</summary>
    /// <exception cref="UpstreamException">There is no credential (somebody has to log in there first), or no assertion.</exception>
    public async ValueTask<UpstreamTarget> TargetAsync(PortalRequest request, PortalServer server, string refused = "")
    {
        var credential = await credentials.GetAsync(server, request.Principal.UserId, refused, request.Cancellation);
        if (credential.State is not (UpstreamCredentialReply.Types.State.Connected or UpstreamCredentialReply.Types.State.NotRequired))
        {
            if (refused.Length > 0 && !server.PerUser)
            {
                // An administrator has to know of it before the next reading would find it out.
                news.Heard(server, HeardServer.Types.Reason.CredentialRefused);
            }

            throw LoginRequired.For(request, server, isStale: credential.State == UpstreamCredentialReply.Types.State.Stale);
        }

        return new UpstreamTarget
        {
            Server = server,
            Headers = [.. credential.Headers.Select(header => (header.Name, header.Value))],
            CredentialId = credential.CredentialId,
            Assertion = await assertions.GetAsync(request, server),
            LogLevel = request.Session?.LogLevel,
        };
    }

    /// <summary>A server with what it is shown for somebody, to tell it that a session is over.</summary>
    public async ValueTask<UpstreamTarget> TargetAsync(PortalPrincipal principal, PortalServer server, CancellationToken cancellation)
    {
        var credential = await credentials.GetAsync(server, principal.UserId, "", cancellation);
        return new UpstreamTarget { Server = server, Headers = [.. credential.Headers.Select(header => (header.Name, header.Value))], CredentialId = credential.CredentialId };
    }

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
        if (message.Kind == RpcKind.Notification)
        {
            if (ServerNews.IsOfLists(message.Method))
            {
                // The lists are the catalog's: clients hear of it when Config has read them.
                news.Heard(server, HeardServer.Types.Reason.ListsChanged);
                return;
            }

            await request.Stream.SendAsync(RpcWriter.Write(json => json.Raw(message.Root)));
            return;
        }

        if (request.SessionId is not null && message.Method != "ping")
        {
            await request.Stream.SendAsync(RpcWriter.WithId(message, json => json.WriteStringValue(ServerRequestIds.Of(server, message))));
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

        return RpcAnswer.Relayed(RpcWriter.Write(json => json.Raw(response.Error)), PortalOutcomes.UpstreamError);
    }

    private static RpcError ErrorOf(UpstreamException failure, PortalServer server, PortalRequest request)
        => RpcError.Unavailable(request.IsAskedInVain ? $"{failure.Message} {CannotBeAsked}" : failure.Message) with
    {
        Data = [("server_id", RpcWriter.Write(json => json.WriteStringValue(server.ServerId))), ("reason", RpcWriter.Write(json => json.WriteStringValue(failure.Outcome)))],
    };
}
