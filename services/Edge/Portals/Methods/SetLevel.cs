using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Upstreams;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary><c>logging/setLevel</c>: kept in the session, and told to every server that the session speaks with, now and later.</summary>
internal sealed class SetLevel(PortalSessionStore sessions, UpstreamRelay relay, UpstreamSessions upstreams) : IPortalMethod
{
    public string Name => "logging/setLevel";

    public bool IsIn(string revision) => Revisions.HasSessions(revision);

    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        if (request.Message.Text("level") is not { } level || LogLevels.RankOf(level) is null)
        {
            return RpcAnswer.Failed(RpcError.InvalidParams($"\"level\" is one of {string.Join(", ", LogLevels.All)}."), PortalOutcomes.InvalidRequest);
        }

        if (await sessions.ChangeAsync(request.SessionId!, request.Session!, session => session with { LogLevel = level }, request.Cancellation) is not { } changed)
        {
            return RpcAnswer.Failed(RpcError.Unavailable("The session has ended. Begin another with initialize."), PortalOutcomes.Unavailable);
        }

        request.Session = changed;
        var told = request.ActiveServers
            .Where(server => upstreams.Find(request.UpstreamOwner, server) is { IsStateless: false, IsInitialized: true })
            .Select(server => relay.CallAsync(request, server, id => new UpstreamRequest(Name, null, id) { Params = request.Message.Params, Patience = UpstreamSession.LevelPatience }));

        // A server that cannot do this, or does not answer, keeps nobody from asking the others.
        await Task.WhenAll(told);
        return PortalResults.Of(request, isCacheable: false, static _ => { });
    }
}
