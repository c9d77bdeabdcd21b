namespace Marten.Events.Projections;

/// <summary>Turns events into documents.</summary>
public interface IProjection
{
    /// <summary>
    /// Queues the changes that these events mean; they are saved together with the projection's progress.
    /// After a failure the same events come again, one at a time; one that fails alone is parked and left out.
    /// </summary>
    Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken ct);
}
