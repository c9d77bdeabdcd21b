using Marten.Schema;

namespace Marten;

/// <summary>
/// The entry to one PostgreSQL schema with events and documents. One per process and schema; thread-safe.
/// Sessions are cheap, hold no connection while idle, and are not thread-safe.
/// </summary>
public interface IDocumentStore : IAsyncDisposable, IDisposable
{
    /// <summary>What this store was configured with; not to be changed after the store is built.</summary>
    StoreOptions Options { get; }

    /// <summary>Feeds, progress, rebuilds: what operators and background readers need.</summary>
    AdvancedOperations Advanced { get; }

    /// <summary>The tables behind the store.</summary>
    IMartenStorage Storage { get; }

    /// <summary>A unit of work: everything queued in it is saved in one transaction.</summary>
    IDocumentSession LightweightSession();

    /// <summary>A read-only session.</summary>
    IQuerySession QuerySession();
}
