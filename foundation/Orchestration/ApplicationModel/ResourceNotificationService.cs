using System.Collections.Immutable;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The state of every replica, and waiting for it to change.</summary>
public sealed class ResourceNotificationService
{
    private readonly Lock _gate = new();
    private ImmutableSortedDictionary<string, ResourceSnapshot> _current = ImmutableSortedDictionary.Create<string, ResourceSnapshot>(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>All replicas, ordered by id.</summary>
    public IEnumerable<ResourceSnapshot> Current => Volatile.Read(ref _current).Values;

    /// <summary>The state of one replica; null when there is no such one.</summary>
    public ResourceSnapshot? Find(string resourceId) => Volatile.Read(ref _current).GetValueOrDefault(resourceId);

    /// <summary>Waits until every replica of the resource is healthy.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public Task WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitAsync(resourceName, snapshot => snapshot is { State: KnownResourceStates.Running, Health: ResourceHealth.Healthy }, cancellationToken);

    /// <summary>Waits until every replica of the resource is in the state.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public Task WaitForResourceAsync(string resourceName, string targetState, CancellationToken cancellationToken = default) =>
        WaitAsync(resourceName, snapshot => snapshot.State == targetState, cancellationToken);

    private async Task WaitAsync(string resourceName, Func<ResourceSnapshot, bool> condition, CancellationToken ct)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task; // before the look, so that no change falls between
            var replicas = Current.Where(snapshot => snapshot.ResourceName == resourceName).ToList();
            if (replicas.Count > 0 && replicas.TrueForAll(snapshot => condition(snapshot)))
            {
                return;
            }
            await changed.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    internal ResourceSnapshot Publish(string resourceId, Func<ResourceSnapshot?, ResourceSnapshot> change)
    {
        lock (_gate)
        {
            var next = change(_current.GetValueOrDefault(resourceId));
            Volatile.Write(ref _current, _current.SetItem(resourceId, next));
            Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            return next;
        }
    }
}
