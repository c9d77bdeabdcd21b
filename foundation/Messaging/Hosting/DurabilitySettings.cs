namespace Wolverine;

/// <summary>Timers of the background work. They follow the machine's own clock, also where tests inject another <see cref="TimeProvider"/>.</summary>
public sealed class DurabilitySettings
{
    /// <summary>Longest wait between two looks into a queue: the latency when a wake-up is lost, and of what falls due. Default 500 ms.</summary>
    public TimeSpan PollingInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Announcements of new messages to other processes are gathered for so long and sent as one. Default 20 ms.</summary>
    public TimeSpan NotifyInterval { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>False: other processes are not told of new messages and find them by polling.</summary>
    public bool UseNotify { get; set; } = true;

    /// <summary>Time between two heartbeats of this node, and between two searches for dead ones. Default 3 s.</summary>
    public TimeSpan HealthCheckPollingTime { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>A node without a heartbeat for so long is dead; what it held returns to the queue. Default 20 s.</summary>
    public TimeSpan StaleNodeTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long it is remembered that a message was handled. Default 10 min.</summary>
    public TimeSpan KeepAfterMessageHandling { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Time between two rounds of deleting inbox rows that are older. Default 1 min.</summary>
    public TimeSpan HousekeepingInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long running handlers may go on when the host stops; then they are cancelled and their messages released. Default 15 s.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the start waits for the database before it fails. Default 30 s.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Deadline of each of the messaging runtime's own statements. Default 10 s.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    internal void Validate()
    {
        if (PollingInterval <= TimeSpan.Zero || NotifyInterval < TimeSpan.Zero || HealthCheckPollingTime <= TimeSpan.Zero
            || HousekeepingInterval <= TimeSpan.Zero || CommandTimeout < TimeSpan.FromSeconds(1))
        {
            throw new InvalidOperationException("Durability: the intervals must be above zero, and CommandTimeout at least 1 s.");
        }

        // A node that misses two heartbeats must not be taken for dead: its work would be handed out a second time.
        if (StaleNodeTimeout < 3 * HealthCheckPollingTime)
        {
            throw new InvalidOperationException(
                $"Durability.StaleNodeTimeout ({StaleNodeTimeout}) must be at least three times HealthCheckPollingTime ({HealthCheckPollingTime}).");
        }
    }
}
