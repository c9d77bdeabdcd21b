using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>The life of one replica: wait for what it needs, start, watch, start again when it ends by itself, stop.</summary>
internal sealed class ReplicaRunner(ResourceReplica replica, ResourceNotificationService notifications, ResourceLoggerService logs, ProcessLedger ledger, TimeProvider clock) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private IRunningResource? _running;
    private Task _life = Task.CompletedTask;
    private volatile bool _restartRequested;

    public ResourceReplica Replica => replica;

    /// <summary>Begins; returns at once.</summary>
    public void Start()
    {
        Publish(snapshot => snapshot);
        _life = Task.Run(LiveAsync);
    }

    /// <summary>Ends the current process in an orderly way; the next one starts without a pause.</summary>
    public async Task RestartAsync()
    {
        _restartRequested = true;
        if (Volatile.Read(ref _running) is { } running)
        {
            Publish(snapshot => snapshot with { State = KnownResourceStates.Stopping });
            await running.StopAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends the process and the life; returns when both have.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (Volatile.Read(ref _running) is { } running)
        {
            Publish(snapshot => snapshot with { State = KnownResourceStates.Stopping });
            await running.StopAsync().ConfigureAwait(false);
        }
        await _life.ConfigureAwait(false);
    }

    private async Task LiveAsync()
    {
        var failures = 0;
        try
        {
            foreach (var wait in replica.Resource.Annotations.OfType<WaitAnnotation>())
            {
                await (wait.WaitType switch
                {
                    WaitType.WaitUntilHealthy => notifications.WaitForResourceHealthyAsync(wait.Resource.Name, _stopping.Token),
                    WaitType.WaitUntilStarted => notifications.WaitForResourceAsync(wait.Resource.Name, KnownResourceStates.Running, _stopping.Token),
                    _ => Task.CompletedTask,
                }).ConfigureAwait(false);
            }
            while (!_stopping.IsCancellationRequested)
            {
                var started = clock.GetTimestamp();
                await RunOnceAsync().ConfigureAwait(false);
                if (_stopping.IsCancellationRequested)
                {
                    break;
                }
                Publish(snapshot => snapshot with { Restarts = snapshot.Restarts + 1 });
                if (_restartRequested)
                {
                    _restartRequested = false;
                    failures = 0;
                    continue;
                }
                failures = RestartPolicy.Count(failures, clock.GetElapsedTime(started));
                var pause = RestartPolicy.Delay(failures);
                logs.Write(replica.Id, $"starts again in {pause.TotalSeconds:0.##} s", isError: true);
                await Task.Delay(pause, clock, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped while it waited.
        }
        Publish(snapshot => snapshot with { State = KnownResourceStates.Exited, Health = ResourceHealth.Unknown, ProcessId = null });
    }

    private async Task RunOnceAsync()
    {
        Publish(snapshot => snapshot with { State = KnownResourceStates.Starting, Health = ResourceHealth.Unknown, HealthDetail = null });
        IRunningResource running;
        try
        {
            var context = new LaunchContext(replica, (line, isError) => logs.Write(replica.Id, line, isError));
            running = await replica.Resource.Annotations.OfType<LauncherAnnotation>().Last().LaunchAsync(context, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested) // Protects the loop: whatever kept it from starting may be gone at the next attempt.
        {
            logs.Write(replica.Id, e.Message, isError: true);
            Publish(snapshot => snapshot with { State = KnownResourceStates.FailedToStart });
            return;
        }
        ledger.Add(running);
        Volatile.Write(ref _running, running);
        if (_stopping.IsCancellationRequested)
        {
            await running.StopAsync().ConfigureAwait(false); // the stop came while it was starting and saw no process yet
        }
        Publish(snapshot => snapshot with { State = KnownResourceStates.Running, ProcessId = running.ProcessId, StartedAt = clock.GetUtcNow() });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token); // nobody asks after the health of what is being stopped
        var watch = new HealthMonitor(replica, clock, change => Publish(snapshot => snapshot with { Health = change.Health, HealthDetail = change.Detail })).RunAsync(ended.Token);
        var code = await running.Exited.ConfigureAwait(false);
        Volatile.Write(ref _running, null);
        await ended.CancelAsync().ConfigureAwait(false);
        await watch.ConfigureAwait(false);
        ledger.Remove(running);
        Publish(snapshot => snapshot with { State = KnownResourceStates.Exited, Health = ResourceHealth.Unknown, HealthDetail = null, ProcessId = null, ExitCode = code });
        if (!_stopping.IsCancellationRequested && !_restartRequested)
        {
            logs.Write(replica.Id, $"ended with code {code}", isError: true);
        }
    }

    private void Publish(Func<ResourceSnapshot, ResourceSnapshot> change) => notifications.Publish(replica.Id, current => change(current ?? new ResourceSnapshot
    {
        ResourceId = replica.Id,
        ResourceName = replica.Resource.Name,
        ResourceType = replica.Resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal),
        Urls = [.. replica.Resource.Annotations.OfType<ResourceUrlAnnotation>()],
    }) with { Endpoints = Endpoints() });

    private Dictionary<string, string> Endpoints()
    {
        var endpoints = replica.Resource.Annotations.OfType<EndpointAnnotation>().ToDictionary(endpoint => endpoint.Name, endpoint => endpoint.UrlOf(replica.Index));
        if (replica.Resource.Annotations.OfType<ServerAddressAnnotation>().LastOrDefault()?.Address() is { } address)
        {
            endpoints.Add("tcp", address);
        }
        return endpoints;
    }

    public void Dispose() => _stopping.Dispose();
}
