using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Running;

/// <summary>Starts all resources as soon as what they wait for is healthy, and stops them in the opposite order.</summary>
internal sealed class Orchestrator(IDistributedApplicationBuilder application, DistributedApplicationOptions options, ResourceNotificationService notifications, ResourceLoggerService logs, TimeProvider clock)
    : IHostedLifecycleService, IAsyncDisposable
{
    private readonly List<ReplicaRunner> _runners = [];
    private readonly ProcessLedger _ledger = new(options.StateDirectory is { } state ? Path.Combine(state, "processes") : null);
    private HostLock? _lock;
    private PosixSignalRegistration? _impatience;
    private bool _stopped;

    public IReadOnlyList<ReplicaRunner> Runners => _runners;

    /// <summary>Runs before the host's own services start to listen: what stands in the way is said first.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        ResourceGraph.ThrowIfCyclic(application.Resources);
        _lock = options.StateDirectory is { } state ? HostLock.Take(state) : null;
        if (await _ledger.EndLeftoversAsync(cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            logs.WriteHost($"Ended {count} processes that an earlier run had left.");
        }
        await PortCheck.EnsureFreeAsync(PortCheck.FixedPorts(application.Resources).Concat(options.AlsoListensOn), cancellationToken).ConfigureAwait(false);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var prepare in application.Resources.SelectMany(resource => resource.Annotations.OfType<PrepareAnnotation>()).ToList())
        {
            await prepare.PrepareAsync(logs.WriteHost, cancellationToken).ConfigureAwait(false);
        }
        foreach (var resource in application.Resources)
        {
            var replicas = resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                endpoint.Allocate(resource, replicas);
            }
            _runners.AddRange(Enumerable.Range(0, replicas).Select(index => new ReplicaRunner(new ResourceReplica(resource, index), notifications, logs, _ledger, clock)));
        }
        _runners.ForEach(runner => runner.Start());
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A second Ctrl-C while the stop is under way ends everything at once.</summary>
    private void StopImpatiently(PosixSignalContext context)
    {
        context.Cancel = true;
        foreach (var snapshot in notifications.Current)
        {
            if (snapshot.ProcessId is { } id)
            {
                Native.Signal(id, Native.SIGKILL);
            }
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_stopped)
        {
            return;
        }
        _stopped = true;
        _impatience = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopImpatiently);
        var stops = new Dictionary<IResource, Task>();
        Task Stop(IResource resource)
        {
            if (!stops.TryGetValue(resource, out var stop))
            {
                var dependants = ResourceGraph.DependantsOf(resource, application.Resources).Select(Stop).ToList();
                stops.Add(resource, stop = StopAfterAsync(dependants, _runners.Where(runner => runner.Replica.Resource == resource).ToList()));
            }
            return stop;
        }
        await Task.WhenAll(application.Resources.Select(Stop)).ConfigureAwait(false);
    }

    private static async Task StopAfterAsync(List<Task> dependants, List<ReplicaRunner> runners)
    {
        await Task.WhenAll(dependants).ConfigureAwait(false);
        await Task.WhenAll(runners.Select(runner => runner.StopAsync())).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        foreach (var owned in application.Resources.SelectMany(resource => resource.Annotations.OfType<OwnedAnnotation>()))
        {
            await owned.DisposeAsync().ConfigureAwait(false);
        }
        _runners.ForEach(runner => runner.Dispose());
        _impatience?.Dispose();
        _lock?.Dispose();
    }
}
