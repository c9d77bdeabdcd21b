using ManagedOAuth.ServiceDefaults.Store;
using Marten;

namespace ManagedOAuth.Token.Refresh;

/// <summary>Deletes kept successors when their window is over, so that nothing decryptable stays behind.</summary>
public sealed class SuccessorSweep(IDocumentStore store, TimeProvider clock, ILogger<SuccessorSweep> logger) : PeriodicSweep(s_pause, clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    // A replica whose clock is ahead must not take away what another still promises.
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(5);

    public override async Task RunAsync(CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        session.DeleteWhere<RefreshSuccessor>("where (data ->> 'expiresAt')::bigint < ?", (Clock.GetUtcNow() - s_slack).ToUnixTimeMilliseconds());
        await session.SaveChangesAsync(cancellation);
    }
}
