using Marten;

namespace Wolverine.Marten;

/// <summary>A returned value that changes documents or starts a stream when the handler's session is saved.</summary>
public interface IMartenOp
{
    /// <summary>Queues the change.</summary>
    void Execute(IDocumentSession session);
}

/// <summary>A returned value that starts a stream.</summary>
public interface IStartStream : IMartenOp
{
    /// <summary>The new stream.</summary>
    Guid StreamId { get; }

    /// <summary>What its events fold to.</summary>
    Type AggregateType { get; }

    /// <summary>Its first events.</summary>
    IReadOnlyList<object> Events { get; }
}
