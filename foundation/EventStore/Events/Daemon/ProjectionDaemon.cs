using Microsoft.Extensions.Hosting;

namespace Marten.Events.Daemon;

/// <summary>Runs the asynchronous projections of a store while the host runs.</summary>
internal sealed class ProjectionDaemon(DocumentStore store, DaemonMode mode) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var runners = store.Options.Projections.Async
            .Select(p => new ProjectionRunner(store, new AsyncProjectionShard(store, p), exclusive: mode == DaemonMode.HotCold));
        _running = Task.WhenAll(runners.Select(r => Task.Run(() => r.RunAsync(_stop.Token), CancellationToken.None)));
        return Task.CompletedTask;
    }

    /// <summary>Stops between transactions, or rolls the open one back; the lock goes to another replica at once.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();
}
