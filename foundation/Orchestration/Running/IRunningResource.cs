namespace Aspire.Hosting.Running;

/// <summary>A replica that was brought to life.</summary>
internal interface IRunningResource
{
    /// <summary>Its process; null when it is none of ours.</summary>
    int? ProcessId { get; }

    /// <summary>See <see cref="Processes.ChildProcess.StartTime"/>.</summary>
    long? ProcessStartTime { get; }

    /// <summary>Completes with the exit code when it ended. Never faults.</summary>
    Task<int> Exited { get; }

    /// <summary>Ends it in an orderly way; by force when that takes too long.</summary>
    Task StopAsync();
}

/// <summary>A replica that is one child process.</summary>
internal sealed class RunningProcess(Processes.ChildProcess process, int stopSignal, TimeSpan grace) : IRunningResource
{
    public int? ProcessId => process.Id;

    public long? ProcessStartTime => process.StartTime;

    public Task<int> Exited => process.Exited;

    public Task StopAsync() => process.StopAsync(stopSignal, grace);
}

/// <summary>A replica that runs elsewhere, or is part of another: it is there until the host stops.</summary>
internal sealed class RunningElsewhere : IRunningResource
{
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int? ProcessId => null;

    public long? ProcessStartTime => null;

    public Task<int> Exited => _exited.Task;

    public Task StopAsync()
    {
        _exited.TrySetResult(0);
        return Task.CompletedTask;
    }
}
