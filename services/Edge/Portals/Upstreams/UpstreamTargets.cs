using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>Finds out what a server is shown for somebody: its credential for them and, where it wants one, an assertion.</summary>
internal sealed class UpstreamTargets(UpstreamCredentialCache credentials, UpstreamAssertions assertions, PortalDirectories directories, PortalSessionStore sessions, ServerNews news)
{
    /// <summary>A server with what it is shown for the one who asks.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="server">The server.</param>
    /// <param name="refused">The credential that the server has just refused; empty = none.</param>
    /// <param name="missingScope">What the server wants beside what the refused credential may do; empty = it refused the credential itself.</param>
    /// <exception cref="UpstreamException">There is no credential (somebody has to log in there first), or none that may do it, or no assertion.</exception>
    public async ValueTask<UpstreamTarget> OfAsync(PortalRequest request, PortalServer server, string refused = "", string missingScope = "")
    {
        var credential = await credentials.GetAsync(server, request.Principal.UserId, refused, request.Cancellation, missingScope);
        if (credential.State == State.MoreScopeRequired)
        {
            throw LoginRequired.ForMore(request, server, credential.Scope);
        }

        if (missingScope.Length > 0 && credential.CredentialId == refused)
        {
            throw LoginRequired.NoMore(server);
        }

        if (!IsThere(credential))
        {
            if (refused.Length > 0 && !server.PerUser)
            {
                // An administrator has to know of it before the next reading would find it out.
                news.Heard(server, HeardServer.Types.Reason.CredentialRefused);
            }

            throw LoginRequired.For(request, server, isStale: credential.State == State.Stale);
        }

        return (await MakeAsync(request.Caller, server, credential, request.Cancellation)).For(request.Session);
    }

    /// <summary>The same for what is told, or listened to, beside a request.</summary>
    /// <exception cref="UpstreamException">There is no credential (any more), or no assertion.</exception>
    public async ValueTask<UpstreamTarget> OfAsync(UpstreamCaller caller, PortalServer server, CancellationToken cancellation)
    {
        var credential = await credentials.GetAsync(server, caller.Principal.UserId, "", cancellation);
        return IsThere(credential)
            ? await MakeAsync(caller, server, credential, cancellation)
            : throw new UpstreamException(PortalOutcomes.Denied, "There is no login at the server any more.");
    }

    /// <summary>
    /// What the server is shown for the one who asks, whenever that is wanted: as it is configured then. Throws <see cref="UpstreamException"/> with
    /// <see cref="PortalOutcomes.Denied"/> when they no longer see the server, or have no login there any more.
    /// </summary>
    public Func<CancellationToken, ValueTask<UpstreamTarget>> Later(PortalRequest request, PortalServer server)
    {
        var (application, visitor, caller, id) = (request.Door.Application.Id, request.Visitor, request.Caller, server.ServerId);
        return cancellation => directories.Find(application) is { } directory && directory.Find(id) is { } now && directory.Sees(visitor, now)
            ? OfAsync(caller, now, cancellation)
            : throw new UpstreamException(PortalOutcomes.Denied, "The server is not there any more.");
    }

    /// <summary>The same with what the client's session has chosen by now, to begin a session with the server anew; null when that session has ended.</summary>
    public Func<UpstreamTarget, CancellationToken, ValueTask<UpstreamTarget?>> Choices(PortalRequest request)
    {
        var (application, principal, id) = (request.Door.Application.Id, request.Principal, request.SessionId!);
        return async (target, cancellation) => await sessions.FindAsync(id, application, principal, cancellation) is { } session ? target.For(session) : null;
    }

    private async ValueTask<UpstreamTarget> MakeAsync(UpstreamCaller caller, PortalServer server, UpstreamCredentialReply credential, CancellationToken cancellation) => new()
    {
        Server = server,
        Headers = [.. credential.Headers.Select(header => (header.Name, header.Value))],
        CredentialId = credential.CredentialId,
        LoginId = credential.LoginId,
        Assertion = await assertions.GetAsync(caller, server, cancellation),
    };

    private static bool IsThere(UpstreamCredentialReply credential) => credential.State is State.Connected or State.NotRequired;
}
