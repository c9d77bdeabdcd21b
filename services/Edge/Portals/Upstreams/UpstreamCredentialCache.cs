using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// What servers are shown, as authorization-server gave it: kept in memory for some seconds or until the server refuses it, by server and user, and
/// asked for once however many wait.
/// </summary>
internal sealed class UpstreamCredentialCache(UpstreamCredentials.UpstreamCredentialsClient credentials, TimeProvider clock)
{
    private const int Maximum = 50_000;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    // So long a credential may be shown that was forgotten, or replaced by that of another account.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);
    private static readonly UpstreamCredentialReply s_none = new() { State = UpstreamCredentialReply.Types.State.NotRequired };
    private readonly ConcurrentDictionary<Key, Known> _known = new();
    private readonly ConcurrentDictionary<Question, Lazy<Task<UpstreamCredentialReply>>> _asking = new();

    /// <summary>The credential for a server; its state says whether there is one.</summary>
    /// <param name="server">The server.</param>
    /// <param name="userId">The user; not looked at where everybody uses the administrator's account.</param>
    /// <param name="refused">The credential that the server has just refused; empty = none.</param>
    /// <param name="cancellation">Stops waiting; the question goes on for the others.</param>
    /// <param name="missingScope">What the server wants beside what the refused credential may do; empty = it refused the credential itself.</param>
    /// <exception cref="UpstreamException">Authorization-server does not answer.</exception>
    public async ValueTask<UpstreamCredentialReply> GetAsync(PortalServer server, Guid? userId, string refused, CancellationToken cancellation, string missingScope = "")
    {
        if (server.Record.AuthType == McpAuthType.Unauthenticated)
        {
            return s_none;
        }

        var key = new Key(server.Record.Id, server.Record.Version, server.Record.Hostname, server.PerUser ? userId : null);
        if (_known.TryGetValue(key, out var known) && known.Reply.CredentialId != refused && clock.GetUtcNow() < known.EndsAt)
        {
            return known.Reply;
        }

        var asking = _asking.GetOrAdd(new Question(key, refused, missingScope), question => new Lazy<Task<UpstreamCredentialReply>>(() => AskAsync(question)));
        try
        {
            return await asking.Value.WaitAsync(cancellation);
        }
        catch (RpcException failure)
        {
            throw new UpstreamException(
                failure.StatusCode == StatusCode.NotFound ? PortalOutcomes.NotFound : PortalOutcomes.Unavailable,
                "The credential for this server cannot be had right now. Try again in a moment.",
                failure);
        }
    }

    private async Task<UpstreamCredentialReply> AskAsync(Question question)
    {
        var key = question.Key;
        try
        {
            var (refused, insufficient) = question.MissingScope.Length == 0 ? (question.Refused, "") : ("", question.Refused);
            var reply = await credentials.GetAsync(
                new UpstreamCredentialRequest
                {
                    ServerId = key.ServerId.ToString("D"),
                    ServerUrl = key.Url,
                    UserId = key.UserId?.ToString("D") ?? "",
                    Refused = refused,
                    Insufficient = insufficient,
                    MissingScope = question.MissingScope,
                },
                deadline: clock.GetUtcNow().UtcDateTime + s_deadline);
            Keep(key, reply);
            return reply;
        }
        finally
        {
            _asking.TryRemove(question, out _);
        }
    }

    // Only what can be shown is kept: a user who has just logged in at a server must not be told once more to do so.
    private void Keep(Key key, UpstreamCredentialReply reply)
    {
        if (reply.State == UpstreamCredentialReply.Types.State.MoreScopeRequired)
        {
            // What is known is good for everything else.
            return;
        }

        if (reply.State is not (UpstreamCredentialReply.Types.State.Connected or UpstreamCredentialReply.Types.State.NotRequired))
        {
            _known.TryRemove(key, out _);
            return;
        }

        if (_known.Count >= Maximum)
        {
            _known.Clear();
        }

        var now = clock.GetUtcNow();
        var end = reply.ExpiresAt > 0 ? DateTimeOffset.FromUnixTimeSeconds(reply.ExpiresAt) : DateTimeOffset.MaxValue;
        _known[key] = new Known(reply, end < now + s_longest ? end : now + s_longest);
    }

    private readonly record struct Key(Guid ServerId, long Version, string Url, Guid? UserId);

    private readonly record struct Question(Key Key, string Refused, string MissingScope);

    private sealed record Known(UpstreamCredentialReply Reply, DateTimeOffset EndsAt);
}
