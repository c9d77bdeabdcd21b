using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>The credentials that authorization-server would have, by server and user (empty = shared).</summary>
public sealed class UpstreamState
{
    public ConcurrentDictionary<(Guid Server, string User), string> Tokens { get; } = new();

    /// <summary>Which login a credential is of, by server and user; none = not told.</summary>
    public ConcurrentDictionary<(Guid Server, string User), string> Logins { get; } = new();

    /// <summary>What becomes of a credential that may too little: another token that may more, or empty = a login is needed; none = nothing helps.</summary>
    public ConcurrentDictionary<(Guid Server, string User), string> More { get; } = new();

    public ConcurrentQueue<UpstreamCredentialRequest> Asked { get; } = new();

    /// <summary>Completed by the next question for logins, which is then not answered until its caller gives up.</summary>
    public TaskCompletionSource? Hold { get; set; }
}

/// <summary>Authorization-server's side of upstream credentials.</summary>
[AllowedCallers("edge")]
public sealed class UpstreamServer(UpstreamState state) : UpstreamCredentials.UpstreamCredentialsBase
{
    public override Task<UpstreamCredentialReply> Get(UpstreamCredentialRequest request, ServerCallContext context)
    {
        state.Asked.Enqueue(request);
        var key = (Guid.Parse(request.ServerId), request.UserId);
        if (request.MissingScope.Length > 0 && state.More.TryGetValue(key, out var more))
        {
            if (more.Length == 0)
            {
                return Task.FromResult(new UpstreamCredentialReply { State = State.MoreScopeRequired, Scope = request.MissingScope });
            }

            state.Tokens[key] = more;
        }

        if (!state.Tokens.TryGetValue(key, out var token) || token == request.Refused)
        {
            return Task.FromResult(new UpstreamCredentialReply { State = request.Refused.Length > 0 ? State.Stale : State.LoginRequired });
        }

        var reply = new UpstreamCredentialReply { State = State.Connected, CredentialId = token, LoginId = state.Logins.GetValueOrDefault(key, "") };
        reply.Headers.Add(new UpstreamHeader { Name = "Authorization", Value = $"Bearer {token}" });
        return Task.FromResult(reply);
    }

    public override async Task<UpstreamStatusReply> Status(UpstreamStatusRequest request, ServerCallContext context)
    {
        if (state.Hold is { } hold)
        {
            state.Hold = null;
            hold.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        }

        var reply = new UpstreamStatusReply();
        reply.Statuses.AddRange(request.ServerIds.Select(id => new UpstreamStatus
        {
            ServerId = id,
            State = state.Tokens.ContainsKey((Guid.Parse(id), request.UserId)) ? State.Connected : State.LoginRequired,
        }));
        return reply;
    }
}
