namespace Aspire.Hosting.ApplicationModel;

/// <summary>How many processes run of a resource.</summary>
public sealed record ReplicaAnnotation(int Replicas) : IResourceAnnotation;

/// <summary>What a resource waits for before it starts. Whatever the type: it stops before that resource does.</summary>
public enum WaitType
{
    /// <summary>Every replica runs and is healthy.</summary>
    WaitUntilHealthy,

    /// <summary>Every replica runs.</summary>
    WaitUntilStarted,

    /// <summary>Nothing: it starts at once, and only the stop has an order.</summary>
    OnlyStopsBefore,
}

/// <summary>The resource starts after <paramref name="Resource"/>, as far as the type says, and stops before it.</summary>
public sealed record WaitAnnotation(IResource Resource, WaitType WaitType) : IResourceAnnotation;

/// <summary>Adds variables just before a replica starts, when all endpoints have their ports.</summary>
public sealed record EnvironmentCallbackAnnotation(Action<EnvironmentCallbackContext> Callback) : IResourceAnnotation;

/// <summary>A question whose answer decides between healthy and unhealthy. It is asked of each replica, with a deadline; an exception is a no.</summary>
/// <param name="Key">Name of the check.</param>
/// <param name="Check">Gets the replica and returns null when it is healthy, otherwise what is wrong.</param>
public sealed record HealthCheckAnnotation(string Key, Func<ResourceReplica, CancellationToken, Task<string?>> Check) : IResourceAnnotation;

/// <summary>A link for people, shown in consoles.</summary>
public sealed record ResourceUrlAnnotation(string Url, string DisplayText) : IResourceAnnotation;

/// <summary>Where a server can be reached, for consoles; null as long as that is unknown.</summary>
internal sealed record ServerAddressAnnotation(Func<string?> Address) : IResourceAnnotation;

/// <summary>How one replica of a resource is brought to life.</summary>
internal sealed record LauncherAnnotation(Func<LaunchContext, CancellationToken, Task<Running.IRunningResource>> LaunchAsync) : IResourceAnnotation;

/// <summary>The replica to bring to life, and where its lines go.</summary>
internal sealed record LaunchContext(ResourceReplica Replica, Action<string, bool> OnLine);

/// <summary>Work before anything starts: choose where a server comes from, say what is missing. Gets the host's voice.</summary>
internal sealed record PrepareAnnotation(Func<Action<string>, CancellationToken, Task> PrepareAsync) : IResourceAnnotation;

/// <summary>Ends with the host: releases folders and locks.</summary>
internal sealed record OwnedAnnotation(Func<ValueTask> DisposeAsync) : IResourceAnnotation;

/// <summary>One process of a resource.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Index">0 for the first.</param>
public sealed record ResourceReplica(IResource Resource, int Index)
{
    /// <summary>The resource's name when it has one replica, otherwise name, hyphen and number from 1.</summary>
    public string Id => Resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault() is { Replicas: > 1 } ? $"{Resource.Name}-{Index + 1}" : Resource.Name;
}

/// <summary>The variables of a replica that is about to start.</summary>
public sealed class EnvironmentCallbackContext(ResourceReplica replica)
{
    /// <summary>The replica.</summary>
    public ResourceReplica Replica { get; } = replica;

    /// <summary>The resource.</summary>
    public IResource Resource => Replica.Resource;

    /// <summary>Name to value; values are turned into strings.</summary>
    public Dictionary<string, object> EnvironmentVariables { get; } = new(StringComparer.Ordinal);
}
