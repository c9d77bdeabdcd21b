using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// What a client sends without wanting an answer: a response to a server's request goes to that server, a cancellation to the request, and the rest
/// to the servers that the client's session has spoken with.
/// </summary>
internal sealed partial class ClientMessages(UpstreamRelay relay, UpstreamSessions upstreams, PendingInputs inputs, InFlightRequests inFlight, ILogger<ClientMessages> logger)
{
    // Deprecated in the newest revision, and part of all that have sessions.
    private const string RootsListChanged = "notifications/roots/list_changed";

    // A server has only to take what it is told; the client waits as long.
    private static readonly TimeSpan s_telling = TimeSpan.FromSeconds(2);

    public async Task HandleAsync(PortalRequest request)
    {
        try
        {
            await (request.Message switch
            {
                { Kind: RpcKind.Response } => RespondAsync(request),
                { Method: NotificationMethods.CancelledNotification } => CancelAsync(request),
                { Method: RootsListChanged or NotificationMethods.ProgressNotification } => SpreadAsync(request),
                _ => Task.CompletedTask,
            });
        }
        catch (Exception failure) when (IsOfTheServer(failure, request))
        {
            // The client has nothing to wait for: what failed shows in the request that the server asked for.
            Log.NotDelivered(logger, request.Message.Method, failure.Message);
        }
    }

    /// <summary>Ends a client's session at all servers.</summary>
    public void End(PortalVisit visit)
    {
        foreach (var (serverId, session) in upstreams.Take($"{visit.Principal.Key}/session/{visit.SessionId}"))
        {
            if (session.SessionId is not null && visit.Directory.Servers.FirstOrDefault(server => server.Record.Id == serverId) is { } server)
            {
                _ = EndLaterAsync(visit, server, session);
            }
        }
    }

    private async Task EndLaterAsync(PortalVisit visit, PortalServer server, UpstreamSession session)
    {
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await session.EndAsync(await relay.TargetAsync(visit.Principal, server, deadline.Token), deadline.Token);
        }
        catch (Exception failure) when (failure is UpstreamException or OperationCanceledException)
        {
            // The server ends it by itself when nobody uses it.
            Log.NotDelivered(logger, "DELETE", failure.Message);
        }
    }

    private async Task RespondAsync(PortalRequest request)
    {
        if (request.SessionId is not null && request.Message.Id.GetStringOrNull() is { } id && PendingInputs.Is(id))
        {
            await inputs.AnswerAsync(request);
            return;
        }

        if (request.SessionId is not null
            && ServerRequestIds.TryParse(request.Message.Id, out var serverId, out var original)
            && request.Directory.Find(serverId) is { } server
            && request.Directory.Sees(request.Visitor, server)
            && await upstreams.FindAsync(request.UpstreamOwner, server, request.Client, request.Cancellation) is { } session)
        {
            var response = RpcWriter.WithId(request.Message, json => json.WriteRawValue(original, skipInputValidation: true));
            await session.SendAsync(await relay.TargetAsync(request, server), response, null, request.Cancellation);
        }
    }

    private async Task CancelAsync(PortalRequest request)
    {
        var id = RpcMessage.Member(request.Message.Params, "requestId");
        if (request.SessionId is not { } sessionId || id.ValueKind == System.Text.Json.JsonValueKind.Undefined || inFlight.Cancel(sessionId, id.GetRawText()))
        {
            return;
        }

        // It may be under way at another replica: whichever server it is at hears of it from here. To a server, and in its session, the id is the client's own.
        var message = RpcWriter.Write(json => json.Raw(request.Message.Root));
        await Task.WhenAll(request.Servers.Select(server => TellAsync(
            request, server, message, cancellation => upstreams.FindAsync(request.UpstreamOwner, server, request.Client, cancellation))));
    }

    private async Task TellAsync(PortalRequest request, PortalServer server, ReadOnlyMemory<byte> message, Func<CancellationToken, Task<UpstreamSession?>> find)
    {
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation);
            deadline.CancelAfter(s_telling);
            if (await find(deadline.Token) is { IsStateless: false, IsInitialized: true } session)
            {
                var target = await relay.TargetAsync(request, server).AsTask().WaitAsync(deadline.Token);
                await session.SendAsync(target, message, request.Message.Method, deadline.Token);
            }
        }
        catch (Exception failure) when (IsOfTheServer(failure, request))
        {
            // A server that cannot be told keeps nobody from telling the others.
            Log.NotDelivered(logger, request.Message.Method, failure.Message);
        }
    }

    private async Task SpreadAsync(PortalRequest request)
    {
        if (request.SessionId is null)
        {
            return;
        }

        var message = RpcWriter.Write(json => json.Raw(request.Message.Root));
        await Task.WhenAll(request.Servers.Select(server => TellAsync(
            request, server, message, _ => Task.FromResult(upstreams.Find(request.UpstreamOwner, server)))));
    }

    // It refused, or took too long: unlike a client that has left.
    private static bool IsOfTheServer(Exception failure, PortalRequest request)
        => failure is UpstreamException || (failure is OperationCanceledException && !request.Cancellation.IsCancellationRequested);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Method} did not reach a server: {Reason}", EventName = "PortalMessageNotDelivered")]
        public static partial void NotDelivered(ILogger logger, string method, string reason);
    }
}
