namespace ManagedOAuth.ServiceDefaults.Startup;

/// <summary>Opens once when every <see cref="IStartupStep"/> has succeeded. Readiness follows it.</summary>
public sealed class StartupGate
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether all steps are done.</summary>
    public bool IsOpen => _open.Task.IsCompletedSuccessfully;

    /// <summary>Waits until all steps are done: for background work that needs the database or the keys.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _open.Task.WaitAsync(cancellation);

    internal void Open() => _open.TrySetResult();
}
