namespace Marten.Events.Daemon;

/// <summary>How far a projection is.</summary>
/// <param name="Name">Name of the row, such as <c>UserGrants:All</c>.</param>
/// <param name="Sequence">Every event up to this sequence is folded or parked.</param>
/// <param name="LastUpdated">When it last moved.</param>
public sealed record ProjectionProgress(string Name, long Sequence, DateTimeOffset? LastUpdated);
