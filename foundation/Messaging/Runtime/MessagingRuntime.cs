using Microsoft.Extensions.Hosting;
using Wolverine.Postgresql;

namespace Wolverine.Runtime;

/// <summary>Starts and stops everything that runs in the background of one host.</summary>
/// <remarks>
/// Listening begins when the whole host has started and ends before anything of it stops, so a handler always finds
/// the application complete. Publishing works as long as there is a database.
/// </remarks>
internal sealed class MessagingRuntime(
    SchemaInstaller schema, NodeAgent node, WakeUps wakeUps, Housekeeper housekeeper, IEnumerable<QueueListener> listeners, WolverineOptions options)
    : IHostedLifecycleService, IDisposable
{
    private readonly QueueListener[] _listeners = [.. listeners];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _background = [];
    private bool _registered;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        options.Durability.Validate();
        return Task.CompletedTask;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await schema.EnsureAsync(cancellationToken);
        await node.RegisterAsync(cancellationToken);
        _registered = true;
        _background.Add(Task.Run(() => node.RunAsync(_stop.Token), CancellationToken.None));
        _background.Add(Task.Run(() => housekeeper.RunAsync(_stop.Token), CancellationToken.None));
        if (options.Durability.UseNotify)
        {
            _background.Add(Task.Run(() => wakeUps.SendAsync(_stop.Token), CancellationToken.None));
            if (_listeners.Length > 0)
            {
                _background.Add(Task.Run(() => wakeUps.ReceiveAsync(_stop.Token), CancellationToken.None));
            }
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var listener in _listeners)
        {
            listener.Start();
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.WhenAll(_listeners.Select(l => l.DrainAsync(cancellationToken)));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_background);
        if (_registered)
        {
            try
            {
                await node.RemoveAsync(cancellationToken);
            }
            catch (Exception)
            {
                // Protects the stop of the host, possibly without a database: others remove the row once it is stale.
            }
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }

        if (options.OwnsDataSource)
        {
            options.DataSource!.Dispose();
        }
    }
}
