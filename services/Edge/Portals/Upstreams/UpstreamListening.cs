using System.Net;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Streams;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Listens to what a server tells a session of its own accord (GET of revisions with sessions), and hands it on to the client of that session, and to
/// nobody else, for as long as the client sees the server.
/// </summary>
internal sealed partial class UpstreamListening(UpstreamHttp http, Listeners listeners, PortalDirectories directories, IHostApplicationLifetime lifetime, ILogger<UpstreamListening> logger)
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    /// <summary>Begins to listen, once for each session with a server.</summary>
    /// <param name="request">The request that began the session.</param>
    /// <param name="server">The server.</param>
    /// <param name="session">The session.</param>
    /// <param name="target">The server with what it is shown now.</param>
    public void Begin(PortalRequest request, PortalServer server, UpstreamSession session, Func<CancellationToken, ValueTask<UpstreamTarget>> target)
    {
        if (request.SessionId is { } clientSession && !session.IsStateless && session.SessionId is not null && session.TryBeginListening())
        {
            var (application, visitor) = (request.Door.Application.Id, request.Visitor);
            _ = ListenAsync(clientSession, session, server, target, () => directories.Find(application) is { } directory && directory.Find(server.ServerId) is { } now && directory.Sees(visitor, now));
        }
    }

    private async Task ListenAsync(string clientSession, UpstreamSession session, PortalServer server, Func<CancellationToken, ValueTask<UpstreamTarget>> target, Func<bool> isAllowed)
    {
        await Task.Yield();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(session.Ended, lifetime.ApplicationStopping);
        var sessionId = session.SessionId;

        // A session that was begun anew has a listener of its own.
        for (var pause = TimeSpan.FromSeconds(1); !end.IsCancellationRequested && session.SessionId == sessionId && isAllowed(); pause = pause * 2 > s_longestPause ? s_longestPause : pause * 2)
        {
            try
            {
                using var get = session.Create(HttpMethod.Get, await target(end.Token), default);
                using var response = await http.SendAsync(get, end.Token);
                if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
                {
                    // The session is over, or the server tells nothing of its own accord.
                    return;
                }

                if (!response.IsSuccessStatusCode)
                {
                    throw new UpstreamException(PortalOutcomes.Unavailable, $"HTTP {(int)response.StatusCode}");
                }

                await foreach (var message in UpstreamAnswer.ReadAsync(response, static () => { }, end.Token))
                {
                    pause = TimeSpan.FromSeconds(1);
                    await HandOnAsync(clientSession, server, message, isAllowed);
                }
            }
            catch (UpstreamException failure)
            {
                Log.Broken(logger, server.ServerId, failure.Message);
            }
            catch (Exception failure) when (failure is OperationCanceledException or HttpRequestException or IOException)
            {
                // The session is over, or the connection is: then it is made again.
                Log.Broken(logger, server.ServerId, failure.Message);
            }

            try
            {
                await Task.Delay(pause, end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task HandOnAsync(string clientSession, PortalServer server, RpcMessage message, Func<bool> isAllowed)
    {
        if (message.Kind == RpcKind.Response || message.Method.EndsWith("/list_changed", StringComparison.Ordinal) || !isAllowed())
        {
            return;
        }

        var bytes = message.Kind == RpcKind.Notification
            ? RpcWriter.Write(json => json.Raw(message.Root))
            : RpcWriter.WithId(message, json => json.WriteStringValue(ServerRequestIds.Of(server, message)));
        await listeners.SendAsync(clientSession, bytes);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Listening to MCP server {Server} broke: {Reason}", EventName = "PortalListeningBroken")]
        public static partial void Broken(ILogger logger, string server, string reason);
    }
}
