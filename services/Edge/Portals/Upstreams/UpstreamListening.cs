using System.Net;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Listens to what a server tells a session of its own accord (GET of revisions with sessions), for as long as the client of that session sees the server.
/// </summary>
internal sealed partial class UpstreamListening(UpstreamHttp http, Listeners listeners, UpstreamTargets targets, ServerWords words, PortalDirectories directories, IHostApplicationLifetime lifetime, ILogger<UpstreamListening> logger)
{
    private static readonly TimeSpan s_revival = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    // The stream and the first request are on their way at once. A server that asks its client something while it answers that request has nowhere to
    // ask before the stream is there; one that opens no stream, or never says that it has, keeps the first request waiting no longer than this.
    private static readonly TimeSpan s_opening = TimeSpan.FromSeconds(1);

    /// <summary>Begins to listen, once for each session with a server.</summary>
    /// <param name="request">The request that began the session.</param>
    /// <param name="server">The server.</param>
    /// <param name="session">The session.</param>
    public async Task BeginAsync(PortalRequest request, PortalServer server, UpstreamSession session)
    {
        if (request.SessionId is not { } clientSession || session.IsStateless || (session.SessionId is null && !session.HasChannel) || !session.TryBeginListening())
        {
            return;
        }

        var (application, visitor) = (request.Door.Application.Id, request.Visitor);
        var ears = new Ears(clientSession, session, server, request.FlowId, targets.Choices(request), () => directories.Find(application) is { } directory && directory.Find(server.ServerId) is { } now && directory.Sees(visitor, now));
        session.Use.IsHeard = () => listeners.Hears(clientSession) && ears.IsAllowed();
        if (session.HasChannel)
        {
            // Everything comes on the channel; what belongs to no request is for whoever listens.
            session.Unrelated = message => words.HandOnAsync(ears, message, session.Ended);
            session.Revive = cancellation => ReviveAsync(ears, cancellation);
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
        var (position, wasOpen, isLost) = (new StreamPosition(), false, false);

        // A session that was begun anew has a listener of its own.
        for (var pause = TimeSpan.FromSeconds(1); !end.IsCancellationRequested && ears.Session.SessionId == sessionId && ears.IsAllowed(); pause = pause * 2 > s_longestPause ? s_longestPause : pause * 2)
        {
            try
            {
                if (await ears.TargetAsync(end.Token) is not { } target)
                {
                    ears.Opened.TrySetResult();
                    return;
                }

                if (isLost)
                {
                    // Its client would begin another; here nobody else would before the next call.
                    if (!listeners.Hears(ears.ClientSession) || await ears.Choices(target, end.Token) is not { } again)
                    {
                        return;
                    }

                    await ears.Session.BeginAnewAsync(again, end.Token);
                    if (!ears.Session.TryBeginListening())
                    {
                        return;
                    }

                    (sessionId, position, wasOpen, isLost) = (ears.Session.SessionId, new StreamPosition(), false, false);
                    continue;
                }

                using var get = ears.Session.Create(HttpMethod.Get, target, default);
                position.AddTo(get);
                using var response = await http.SendAsync(get, end.Token);
                ears.Opened.TrySetResult();
                if (response.StatusCode == HttpStatusCode.NotFound && wasOpen && sessionId is not null && listeners.Hears(ears.ClientSession))
                {
                    await ears.Session.ForgetAsync(sessionId, end.Token);
                    (sessionId, isLost) = (null, true);
                    continue;
                }

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

                wasOpen = true;
                await foreach (var message in UpstreamAnswer.ReadAsync(response, static () => { }, position, end.Token))
                {
                    pause = TimeSpan.FromSeconds(1);
                    await words.HandOnAsync(ears, message, end.Token);
                }
            }
            catch (UpstreamException failure)
            {
                Log.Broken(logger, ears.Server.ServerId, failure.Message);
            }
            catch (Exception failure) when (failure is OperationCanceledException or HttpRequestException or IOException or InvalidOperationException or HotStoreUnavailableException)
            {
                // The session is over, or the connection is, or the server said what is no text, or Redis is away: then it is made again.
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

    private async Task ReviveAsync(Ears ears, CancellationToken cancellation)
    {
        // It is one of many: a server that hangs keeps the others waiting no longer than this.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_revival);
        try
        {
            if (await ears.TargetAsync(deadline.Token) is { } target && await ears.Choices(target, deadline.Token) is { } again)
            {
                await ears.Session.BeginAnewAsync(again, deadline.Token);
            }
        }
        catch (Exception failure) when (failure is UpstreamException or HotStoreUnavailableException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // The server, or Redis, is away: it is tried again at the next look.
            Log.Broken(logger, ears.Server.ServerId, failure.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Listening to MCP server {Server} broke: {Reason}", EventName = "PortalListeningBroken")]
        public static partial void Broken(ILogger logger, string server, string reason);
    }
}
