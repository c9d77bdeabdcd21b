namespace Marten.Events.Daemon;

/// <summary>Where asynchronous projections run.</summary>
public enum DaemonMode
{
    /// <summary>Not in this process.</summary>
    Disabled,

    /// <summary>In this process, without asking others: for a single replica and for tests.</summary>
    Solo,

    /// <summary>Each projection in exactly one of the replicas; another takes over when that one dies.</summary>
    HotCold,
}
