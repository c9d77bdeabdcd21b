using System.Net;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Streams;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Listens to what a server tells a session of its own accord (GET of revisions with sessions), and hands it on to the client of that session, and to
/// nobody else, for as long as the client sees the server.
/// </summary>
internal sealed partial class UpstreamListening(UpstreamHttp http, Listeners listeners, ServerNews news, PortalDirectories directories, IHostApplicationLifetime lifetime, ILogger<UpstreamListening> logger)
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    // The stream and the first request are on their way at once. A server that asks its client something while it answers that request has nowhere to
    // ask before the stream is there; one that opens no stream, or never says that it has, keeps the first request waiting no longer than this.
    private static readonly TimeSpan s_opening = TimeSpan.FromSeconds(1);

    // The client's own stream may still be on its way when a server speaks for the first time.
    private static readonly TimeSpan s_arriving = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <summary>Begins to listen, once for each session with a server.</summary>
    /// <param name="request">The request that began the session.</param>
    /// <param name="server">The server.</param>
    /// <param name="session">The session.</param>
    /// <param name="target">The server with what it is shown now.</param>
    public async Task BeginAsync(PortalRequest request, PortalServer server, UpstreamSession session, Func<CancellationToken, ValueTask<UpstreamTarget>> target)
    {
        if (request.SessionId is not { } clientSession || session.IsStateless || (session.SessionId is null && !session.HasChannel) || !session.TryBeginListening())
        {
            return;
        }

        var (application, visitor) = (request.Door.Application.Id, request.Visitor);
        var ears = new Ears(clientSession, session, server, request.FlowId, target, () => directories.Find(application) is { } directory && directory.Find(server.ServerId) is { } now && directory.Sees(visitor, now));
        if (session.HasChannel)
        {
            // Everything comes on the channel; what belongs to no request is for whoever listens.
            session.Unrelated = message => HandOnAsync(ears, message, session.Ended);
            return;
        }

        _ = ListenAsync(ears);
        await Task.WhenAny(ears.Opened.Task, Task.Delay(s_opening, request.Cancellation));
    }

    private async Task ListenAsync(Ears ears)
    {
        await Task.Yield();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ears.Session.Ended, lifetime.ApplicationStopping);
        var sessionId = ears.Session.SessionId;
        var position = new StreamPosition();

        // A session that was begun anew has a listener of its own.
        for (var pause = TimeSpan.FromSeconds(1); !end.IsCancellationRequested && ears.Session.SessionId == sessionId && ears.IsAllowed(); pause = pause * 2 > s_longestPause ? s_longestPause : pause * 2)
        {
            try
            {
                using var get = ears.Session.Create(HttpMethod.Get, await ears.Target(end.Token), default);
                position.AddTo(get);
                using var response = await http.SendAsync(get, end.Token);
                ears.Opened.TrySetResult();
                if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
                {
                    // The session is over, or the server tells nothing of its own accord.
                    return;
                }

                if (!response.IsSuccessStatusCode)
                {
                    position.Forget();
                    throw new UpstreamException(PortalOutcomes.Unavailable, $"HTTP {(int)response.StatusCode}");
                }

                await foreach (var message in UpstreamAnswer.ReadAsync(response, static () => { }, position, end.Token))
                {
                    pause = TimeSpan.FromSeconds(1);
                    await HandOnAsync(ears, message, end.Token);
                }
            }
            catch (UpstreamException failure)
            {
                Log.Broken(logger, ears.Server.ServerId, failure.Message);
            }
            catch (Exception failure) when (failure is OperationCanceledException or HttpRequestException or IOException or InvalidOperationException)
            {
                // The session is over, or the connection is, or the server said what is no text: then it is made again.
                Log.Broken(logger, ears.Server.ServerId, failure.Message);
            }

            ears.Opened.TrySetResult();
            try
            {
                await Task.Delay(position.Pause > pause ? position.Pause : pause, end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task HandOnAsync(Ears ears, RpcMessage message, CancellationToken cancellation)
    {
        if (message.Kind == RpcKind.Notification && ServerNews.IsOfLists(message.Method))
        {
            // The lists are the catalog's: clients hear of it when Config has read them.
            news.Heard(ears.Server, HeardServer.Types.Reason.ListsChanged);
            return;
        }

        if (message.Kind == RpcKind.Response || !ears.IsAllowed())
        {
            return;
        }

        if (message.Kind == RpcKind.Notification)
        {
            await SendAsync(ears, RpcWriter.Write(json => json.Raw(message.Root)), cancellation);
            return;
        }

        if (message.Method == "ping")
        {
            await ReplyAsync(ears, RpcWriter.Result(message.Id, "{}"u8.ToArray()), cancellation);
            return;
        }

        // The client's stream may be on its way. Only a question that somebody gets gives the server the time that people need.
        ears.Session.Ask(s_arriving);
        var question = RpcWriter.WithId(message, json => json.WriteStringValue(ServerRequestIds.Of(ears.Server, message)));
        if (!await SendAsync(ears, question, cancellation))
        {
            // Better now than never: the server would wait for somebody who does not listen.
            await ReplyAsync(ears, RpcWriter.Error(message.Id, new RpcError(RpcCodes.MethodNotFound, "The client does not listen."), ears.FlowId), cancellation);
            return;
        }

        ears.Session.Ask(PendingInputs.Life);
    }

    private async Task<bool> SendAsync(Ears ears, ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        while (!await listeners.SendAsync(ears.ClientSession, message))
        {
            // On a channel the answers to requests stand behind: they wait for nobody.
            if (ears.Session.HasChannel || Environment.TickCount64 - ears.BeganAt > s_arriving.TotalMilliseconds)
            {
                return false;
            }

            await Task.Delay(s_look, cancellation);
        }

        return true;
    }

    private async Task ReplyAsync(Ears ears, ReadOnlyMemory<byte> reply, CancellationToken cancellation)
    {
        try
        {
            await ears.Session.SendAsync(await ears.Target(cancellation), reply, null, cancellation);
        }
        catch (UpstreamException failure)
        {
            // The stream goes on: what did not reach the server is the server's to miss.
            Log.Broken(logger, ears.Server.ServerId, failure.Message);
        }
    }

    // One session with one server, and whose it is.
    private sealed record Ears(
        string ClientSession, UpstreamSession Session, PortalServer Server, string FlowId, Func<CancellationToken, ValueTask<UpstreamTarget>> Target, Func<bool> IsAllowed)
    {
        /// <summary>In milliseconds of <see cref="Environment.TickCount64"/>.</summary>
        public long BeganAt { get; } = Environment.TickCount64;

        /// <summary>The server has said whether there is a stream, or could not be reached.</summary>
        public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Listening to MCP server {Server} broke: {Reason}", EventName = "PortalListeningBroken")]
        public static partial void Broken(ILogger logger, string server, string reason);
    }
}
