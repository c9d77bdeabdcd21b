namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states a replica goes through.</summary>
public static class KnownResourceStates
{
    /// <summary>Something it waits for is not healthy yet.</summary>
    public const string Waiting = nameof(Waiting);

    /// <summary>Being started.</summary>
    public const string Starting = nameof(Starting);

    /// <summary>Its process lives; see the health for whether it works.</summary>
    public const string Running = nameof(Running);

    /// <summary>It could not be started; tried again after a pause.</summary>
    public const string FailedToStart = nameof(FailedToStart);

    /// <summary>It was asked to end.</summary>
    public const string Stopping = nameof(Stopping);

    /// <summary>Its process ended; started again after a pause unless it was stopped on purpose.</summary>
    public const string Exited = nameof(Exited);
}

/// <summary>What the health checks of a replica say.</summary>
public enum ResourceHealth
{
    /// <summary>Not asked yet.</summary>
    Unknown,

    /// <summary>At least one check says no.</summary>
    Unhealthy,

    /// <summary>All checks say yes, or there are none and it runs.</summary>
    Healthy,
}

/// <summary>The state of one replica at one moment.</summary>
public sealed record ResourceSnapshot
{
    /// <summary>See <see cref="ResourceReplica.Id"/>.</summary>
    public required string ResourceId { get; init; }

    /// <summary>The resource.</summary>
    public required string ResourceName { get; init; }

    /// <summary>What it is: <c>Project</c>, <c>PostgresServer</c>, ...</summary>
    public required string ResourceType { get; init; }

    /// <summary>One of <see cref="KnownResourceStates"/>.</summary>
    public string State { get; init; } = KnownResourceStates.Waiting;

    /// <summary>Health, and what the failing check said.</summary>
    public ResourceHealth Health { get; init; }

    /// <summary>What the failing check said.</summary>
    public string? HealthDetail { get; init; }

    /// <summary>Process id while there is one.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Exit code of the last process that ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>How often it was started again after ending by itself.</summary>
    public int Restarts { get; init; }

    /// <summary>When the current process was started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Its addresses, by endpoint name.</summary>
    public IReadOnlyDictionary<string, string> Endpoints { get; init; } = new Dictionary<string, string>();

    /// <summary>Links for people.</summary>
    public IReadOnlyList<ResourceUrlAnnotation> Urls { get; init; } = [];
}
