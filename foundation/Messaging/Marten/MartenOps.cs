using Marten;

namespace Wolverine.Marten;

/// <summary>Changes that a handler returns instead of making them, so that it stays a pure function.</summary>
public static class MartenOps
{
    /// <summary>Starts a stream; the save fails with <c>ExistingStreamIdCollisionException</c> if it exists.</summary>
    public static IStartStream StartStream<T>(Guid id, params object[] events)
        where T : class => new StartStreamOp<T>(id, events);

    /// <summary>Inserts or replaces a document.</summary>
    public static IMartenOp Store<T>(T document)
        where T : class => new SessionOp(s => s.Store(document));

    /// <summary>Inserts a document; the save fails with <c>DocumentAlreadyExistsException</c> if it exists.</summary>
    public static IMartenOp Insert<T>(T document)
        where T : class => new SessionOp(s => s.Insert(document));

    /// <summary>Deletes a document.</summary>
    public static IMartenOp Delete<T>(T document)
        where T : class => new SessionOp(s => s.Delete(document));

    private sealed record StartStreamOp<T>(Guid StreamId, IReadOnlyList<object> Events) : IStartStream
        where T : class
    {
        public Type AggregateType => typeof(T);

        public void Execute(IDocumentSession session) => session.Events.StartStream<T>(StreamId, [.. Events]);
    }

    private sealed record SessionOp(Action<IDocumentSession> Change) : IMartenOp
    {
        public void Execute(IDocumentSession session) => Change(session);
    }
}
