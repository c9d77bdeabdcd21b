using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>One session with one server that is listened to, and whose it is.</summary>
/// <param name="ClientSession">The session of the client.</param>
/// <param name="Session">The one with the server.</param>
/// <param name="Server">The server.</param>
/// <param name="FlowId">Of the request that began it.</param>
/// <param name="Choices">See <see cref="UpstreamTargets.Choices"/>.</param>
/// <param name="IsAllowed">Whether its user still sees the server.</param>
internal sealed record Ears(
    string ClientSession, UpstreamSession Session, PortalServer Server, string FlowId, Func<UpstreamTarget, CancellationToken, ValueTask<UpstreamTarget?>> Choices, Func<bool> IsAllowed)
{
    /// <summary>In milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long BeganAt { get; } = Environment.TickCount64;

    /// <summary>The server has said whether there is a stream, or could not be reached.</summary>
    public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the server is shown now. Null: there is no login any more, or it is another one; the session is with what was before.</summary>
    public async ValueTask<UpstreamTarget?> TargetAsync(CancellationToken cancellation)
    {
        try
        {
            var target = await Session.Target!(cancellation);
            return target.Identity == Session.Identity ? target : null;
        }
        catch (UpstreamException failure) when (failure.Outcome == PortalOutcomes.Denied)
        {
            return null;
        }
    }
}
