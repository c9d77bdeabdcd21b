using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Streams;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>What a server says of its own accord: for the client of that session and for nobody else, as long as the client sees the server. A question that nobody hears is answered at once.</summary>
internal sealed partial class ServerWords(Listeners listeners, ServerNews news, ILogger<ServerWords> logger)
{
    // The client's own stream may still be on its way when a server speaks for the first time.
    private static readonly TimeSpan s_arriving = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <summary>Hands a message on.</summary>
    public async Task HandOnAsync(Ears ears, RpcMessage message, CancellationToken cancellation)
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

        message = TaskIds.ForClient(ears.Server, message);
        if (message.Kind == RpcKind.Notification)
        {
            await SendAsync(ears, ServerRequestIds.ForClient(ears.Server, message), cancellation);
            return;
        }

        if (message.Method == "ping")
        {
            await ReplyAsync(ears, RpcWriter.Result(message.Id, "{}"u8.ToArray()), cancellation);
            return;
        }

        // The client's stream may be on its way. Only a question that somebody gets gives the server the time that people need.
        ears.Session.Ask(s_arriving);
        if (!await SendAsync(ears, ServerRequestIds.ForClient(ears.Server, message), cancellation))
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
            if (await ears.TargetAsync(cancellation) is { } target)
            {
                await ears.Session.SendAsync(target, reply, null, cancellation);
            }
        }
        catch (UpstreamException failure)
        {
            // The stream goes on: what did not reach the server is the server's to miss.
            Log.Broken(logger, ears.Server.ServerId, failure.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "MCP server {Server} could not be answered: {Reason}", EventName = "PortalServerNotAnswered")]
        public static partial void Broken(ILogger logger, string server, string reason);
    }
}
