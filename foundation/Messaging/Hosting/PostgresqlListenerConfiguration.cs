namespace Wolverine.Postgresql;

/// <summary>How one queue is worked on by this process.</summary>
public sealed class PostgresqlListenerConfiguration
{
    internal PostgresqlListenerConfiguration(string queueName) => QueueName = queueName;

    internal string QueueName { get; }

    internal int Parallelism { get; private set; } = Math.Max(4, Environment.ProcessorCount);

    internal int BatchSize { get; private set; } = 40;

    /// <summary>How many messages are handled at the same time. Default: the number of processors, at least 4. Each takes a database connection.</summary>
    public PostgresqlListenerConfiguration MaximumParallelMessages(int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum);
        Parallelism = maximum;
        return this;
    }

    /// <summary>How many messages are claimed at once, and so held at most. Default 40.</summary>
    public PostgresqlListenerConfiguration MaximumMessagesToReceive(int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum);
        BatchSize = maximum;
        return this;
    }
}
