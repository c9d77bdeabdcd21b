namespace Marten.Events.Projections;

/// <summary>When a projection runs.</summary>
public enum ProjectionLifecycle
{
    /// <summary>In the transaction of the save.</summary>
    Inline,

    /// <summary>In the background, at least once in order, with recorded progress.</summary>
    Async,
}

/// <summary>When the snapshot of an aggregate is written.</summary>
public enum SnapshotLifecycle
{
    /// <summary>In the transaction of the append: always current.</summary>
    Inline,

    /// <summary>In the background.</summary>
    Async,
}
