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
        if (!state.Tokens.TryGetValue((Guid.Parse(request.ServerId), request.UserId), out var token) || token == request.Refused)
        {
            return Task.FromResult(new UpstreamCredentialReply { State = request.Refused.Length > 0 ? State.Stale : State.LoginRequired });
        }

        var reply = new UpstreamCredentialReply { State = State.Connected, CredentialId = token };
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
