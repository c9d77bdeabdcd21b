using Microsoft.Extensions.Hosting;

namespace ManagedOAuth.ServiceDefaults.Startup;

/// <summary>
/// A hosted service that needs what the start-up steps make. It is built with the host, so that a mistake in its set-up ends
/// the start; the <see cref="StartupRunner"/> starts it after the steps, again until it succeeds; it stops with the host.
/// </summary>
internal sealed class DeferredService(Func<IServiceProvider, IHostedService> create, IServiceProvider services)
    : IHostedLifecycleService, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private IHostedService? _inner;
    private bool _started;
    private bool _stopped;

    public string Name => $"start {_inner?.GetType().Name}";

    /// <summary>Starts it, unless the host is stopping already.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_stopped || _started || _inner is not { } inner)
            {
                return;
            }

            await inner.StartAsync(cancellation);
            if (inner is IHostedLifecycleService lifecycle)
            {
                await lifecycle.StartedAsync(cancellation);
            }

            _started = true;
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _inner = create(services);
        return _inner is IHostedLifecycleService lifecycle ? lifecycle.StartingAsync(cancellationToken) : Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        _stopped = true;
        _turn.Release();
        if (_started && _inner is IHostedLifecycleService lifecycle)
        {
            await lifecycle.StoppingAsync(cancellationToken);
        }
    }

    // A host that is stopped from two sides may be disposed of by the one before the other comes here.
    public Task StopAsync(CancellationToken cancellationToken) =>
        _started && _inner is { } inner ? inner.StopAsync(cancellationToken) : Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) =>
        _started && _inner is IHostedLifecycleService lifecycle ? lifecycle.StoppedAsync(cancellationToken) : Task.CompletedTask;

    public void Dispose()
    {
        // The container knows it under two names and disposes of it twice.
        (Interlocked.Exchange(ref _inner, null) as IDisposable)?.Dispose();
        _turn.Dispose();
    }
}
