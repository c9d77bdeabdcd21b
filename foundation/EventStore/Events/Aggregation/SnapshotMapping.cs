using Marten.Json;
using Marten.Schema;
using Marten.Sessions;

namespace Marten.Events.Aggregation;

/// <summary>An aggregate whose folded state is kept as a document, without its type parameter.</summary>
internal abstract class SnapshotMapping(DocumentMapping document)
{
    public DocumentMapping Document { get; } = document;

    public Type AggregateType => Document.DocumentType;

    public abstract bool UsesMetadata { get; }

    /// <summary>True if events of this type change the aggregate.</summary>
    public abstract bool Handles(Type eventType);

    /// <summary>
    /// The serialized state after more events. It begins from serialized state, never from an object that a caller may have
    /// seen: a handler that changed its aggregate would otherwise have its change applied twice.
    /// </summary>
    public abstract byte[]? FoldJson(byte[]? state, IEnumerable<IEvent> events, EventGraph graph, StoreSerializer json);
}

/// <inheritdoc/>
internal sealed class SnapshotMapping<T>(DocumentMapping<T> document) : SnapshotMapping(document) where T : class
{
    public AggregateFold<T> Fold { get; } = new();

    public override bool UsesMetadata => Fold.UsesMetadata;

    public override bool Handles(Type eventType) => Fold.Handles(eventType);

    public override byte[]? FoldJson(byte[]? state, IEnumerable<IEvent> events, EventGraph graph, StoreSerializer json)
    {
        var aggregate = state is null ? null : json.Read<T>(state);
        foreach (var e in events)
        {
            aggregate = Fold.Apply(aggregate, e, graph);
        }

        return aggregate is null ? null : json.Write(aggregate, $"snapshot {typeof(T).Name}");
    }

    /// <summary>As an asynchronous projection: folds each stream's new events into its document.</summary>
    public async Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken ct)
    {
        var session = (DocumentSession)operations;
        var streams = events.GroupBy(e => e.StreamId).ToList();
        var documents = await session.LoadForProjectionAsync<T, Guid>([.. streams.Select(s => s.Key)], ct);
        foreach (var stream in streams)
        {
            var state = documents.GetValueOrDefault(stream.Key);
            foreach (var e in stream)
            {
                state = Fold.Apply(state, e, session.Graph);
            }

            if (state is not null)
            {
                session.StoreProjected(stream.Key, state, stream.Last().Version);
            }
        }
    }
}
