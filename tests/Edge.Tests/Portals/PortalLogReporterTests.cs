using ManagedOAuth.Contracts.PortalLog;
using ManagedOAuth.Edge.Portals.Log;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What the portals report when the edge stops.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalLogReporterTests(World world)
{
    [Fact]
    public async Task Stop_DuringAReport_TellsWhatWasInHandAndWhatWaited()
    {
        var (inHand, waiting) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        await using var edge = await EdgeProcess.StartAsync(world.PeerAddresses());
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.PortalLog.Hold = held;
        edge.Get<PortalLogReporter>().Add(new PortalLogEntry { Id = inHand });
        await held.Task.WaitAsync(TimeSpan.FromSeconds(30));
        edge.Get<PortalLogReporter>().Add(new PortalLogEntry { Id = waiting });

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await edge.App.StopAsync(patience.Token);

        await Eventually.Async(() => new[] { inHand, waiting }.All(id => world.PortalLog.Entries.Any(entry => entry.Id == id)));
    }
}
