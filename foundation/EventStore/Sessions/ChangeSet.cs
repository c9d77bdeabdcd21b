using Marten.Events;

namespace Marten.Sessions;

/// <inheritdoc/>
internal sealed record ChangeSet(IReadOnlyList<object> Stored, IReadOnlyList<StreamAction> Streams) : IChangeSet
{
    public IReadOnlyList<IEvent> GetEvents() => [.. Streams.SelectMany(s => s.Events)];

    public IReadOnlyList<StreamAction> GetStreams() => Streams;
}
