using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// What a client sends without wanting an answer: a response to a server's request, and its progress, go to that server, a cancellation to the request, and that
/// the roots are others to the servers that the client's session has spoken with.
/// </summary>
internal sealed partial class ClientMessages(
    UpstreamTargets targets, UpstreamSessions upstreams, PendingInputs inputs, InFlightRequests inFlight, IOptions<PortalOptions> options, ILogger<ClientMessages> logger)
{
    // Deprecated in the newest revision, and part of all that have sessions.
    private const string RootsListChanged = "notifications/roots/list_changed";

    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(5);

    public async Task HandleAsync(PortalRequest request)
    {
        try
        {
            await (request.Message switch
            {
                { Kind: RpcKind.Response } => RespondAsync(request),
                { Method: NotificationMethods.CancelledNotification } => CancelAsync(request),
                { Method: NotificationMethods.ProgressNotification } => ProgressAsync(request),
                { Method: RootsListChanged } => SpreadAsync(request),
                _ => Task.CompletedTask,
            });
        }
        catch (Exception failure) when (IsOfTheServer(failure, request))
        {
            // The client has nothing to wait for: what failed shows in the request that the server asked for.
            Log.NotDelivered(logger, request.Message.Method, failure.Message);
        }
    }

    /// <summary>Ends a client's session at all servers, whichever replica began it there.</summary>
    public async Task EndAsync(PortalVisit visit)
    {
        var owner = $"{visit.Principal.Key}/session/{visit.SessionId}";
        var caller = new UpstreamCaller(visit.Principal, visit.Credential, visit.Client, visit.FlowId);
        var client = new UpstreamClient(visit.Session?.ClientInfo ?? default, visit.Session?.Capabilities ?? default);
        using var deadline = new CancellationTokenSource(s_ending);
        try
        {
            await Task.WhenAll(visit.Directory.Servers.Select(server => EndAsync(owner, server, caller, client, deadline.Token)));
        }
        finally
        {
            upstreams.Drop(owner);
        }
    }

    private async Task EndAsync(string owner, PortalServer server, UpstreamCaller caller, UpstreamClient client, CancellationToken cancellation)
    {
        try
        {
            if (await upstreams.FindAsync(owner, server, client, later => targets.OfAsync(caller, server, later), cancellation) is var (session, target))
            {
                await session.EndAsync(target, cancellation);
            }
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
            && TryFind(request, request.Message.Id, out var server, out var original)
            && await FindAsync(request, server, request.Cancellation) is var (session, target))
        {
            var response = RpcWriter.WithId(TaskIds.ForServer(server, request.Message), json => json.WriteRawValue(original, skipInputValidation: true));
            await session.SendAsync(target, response, null, request.Cancellation);
        }
    }

    // Only the server that asked hears how far its question is.
    private async Task ProgressAsync(PortalRequest request)
    {
        if (request.SessionId is not null && TryFind(request, RpcMessage.Member(request.Message.Params, "progressToken"), out var server, out var original))
        {
            var message = RpcWriter.Write(json => json.With(
                request.Message.Root,
                ("params", parameters => json.With(parameters, ("progressToken", _ => json.WriteRawValue(original, skipInputValidation: true))))));
            await TellAsync(request, server, message);
        }
    }

    private static bool TryFind(PortalRequest request, JsonElement id, [NotNullWhen(true)] out PortalServer? server, out byte[] original)
    {
        server = ServerRequestIds.TryParse(id, out var serverId, out original) ? request.Directory.Find(serverId) : null;
        return server is not null && request.Directory.Sees(request.Visitor, server);
    }

    private async Task CancelAsync(PortalRequest request)
    {
        var id = RpcMessage.Member(request.Message.Params, "requestId");
        if (request.SessionId is not { } sessionId || id.ValueKind == JsonValueKind.Undefined || inFlight.Cancel(sessionId, id.GetRawText()))
        {
            return;
        }

        // It may be under way at another replica: whichever server it is at hears of it from here. To a server, and in its session, the id is the client's own.
        var message = RpcWriter.Write(json => json.Raw(request.Message.Root));
        await Task.WhenAll(request.Servers.Select(server => TellAsync(request, server, message)));
    }

    private async Task TellAsync(PortalRequest request, PortalServer server, ReadOnlyMemory<byte> message)
    {
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation);
            deadline.CancelAfter(options.Value.TellingPatience);
            if (await FindAsync(request, server, deadline.Token) is var (session, target))
            {
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
        await Task.WhenAll(request.Servers.Select(server => TellAsync(request, server, message)));
    }

    private Task<(UpstreamSession Session, UpstreamTarget Target)?> FindAsync(PortalRequest request, PortalServer server, CancellationToken cancellation)
        => upstreams.FindAsync(request.UpstreamOwner, server, request.Client, targets.Later(request, server), cancellation);

    // It refused, or took too long: unlike a client that has left.
    private static bool IsOfTheServer(Exception failure, PortalRequest request)
        => failure is UpstreamException || (failure is OperationCanceledException && !request.Cancellation.IsCancellationRequested);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Method} did not reach a server: {Reason}", EventName = "PortalMessageNotDelivered")]
        public static partial void NotDelivered(ILogger logger, string method, string reason);
    }
}
