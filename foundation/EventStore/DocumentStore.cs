using System.Collections.Concurrent;
using Marten.Events;
using Marten.Events.Aggregation;
using Marten.Events.Daemon;
using Marten.Json;
using Marten.Schema;
using Marten.Sessions;
using Marten.Sql;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Marten;

/// <inheritdoc/>
public sealed class DocumentStore : IDocumentStore
{
    private readonly ConcurrentDictionary<Type, object> _folds = new();
    private readonly NpgsqlDataSource _dataSource;

    /// <summary>Makes a store outside a container.</summary>
    public DocumentStore(StoreOptions options, TimeProvider? time = null, ILoggerFactory? logs = null)
    {
        Options = options;
        Time = time ?? TimeProvider.System;
        Log = (logs ?? NullLoggerFactory.Instance).CreateLogger("Marten.DocumentStore");
        _dataSource = options.DataSource
            ?? throw new InvalidOperationException("The store has no connection: call StoreOptions.Connection(...) or register an NpgsqlDataSource.");
        options.Schema.Declare<DeadLetterEvent>(DocumentKind.Ordinary);
        Json = new StoreSerializer(options);
        Sql = new StoreSql(options.DatabaseSchemaName);
        Database = new Database(_dataSource, options.CommandTimeout);
        StoreValidation.Check(this);
        Storage = new SchemaMigrator(this);
        HighWater = new HighWaterDetector(this);
        Feed = new EventFeed(this);
        Rebuilder = new ProjectionRebuilder(this);
        Advanced = new AdvancedOperations(this);
    }

    /// <inheritdoc/>
    public StoreOptions Options { get; }

    /// <inheritdoc/>
    public AdvancedOperations Advanced { get; }

    /// <inheritdoc/>
    public IMartenStorage Storage { get; }

    internal EventGraph Graph => Options.Events;

    internal StoreSerializer Json { get; }

    internal StoreSql Sql { get; }

    internal Database Database { get; }

    internal TimeProvider Time { get; }

    internal ILogger Log { get; }

    internal CommitSignal Commits { get; } = new();

    internal HighWaterDetector HighWater { get; }

    internal EventFeed Feed { get; }

    internal ProjectionRebuilder Rebuilder { get; }

    internal IReadOnlyList<SnapshotMapping> InlineSnapshots => Options.Projections.Snapshots;

    /// <summary>Makes a store from a configuration.</summary>
    public static DocumentStore For(Action<StoreOptions> configure)
    {
        var options = new StoreOptions();
        configure(options);
        return new DocumentStore(options);
    }

    /// <inheritdoc/>
    public IDocumentSession LightweightSession() => new DocumentSession(this, Database);

    /// <inheritdoc/>
    public IQuerySession QuerySession() => new QuerySession(this, Database);

    /// <inheritdoc/>
    public void Dispose()
    {
        HighWater.Dispose();
        if (Options.OwnsDataSource)
        {
            _dataSource.Dispose();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        HighWater.Dispose();
        return Options.OwnsDataSource ? _dataSource.DisposeAsync() : ValueTask.CompletedTask;
    }

    internal AggregateFold<T> FoldFor<T>() where T : class => (AggregateFold<T>)_folds.GetOrAdd(typeof(T), _ => new AggregateFold<T>());

    internal SnapshotMapping? SnapshotFor(Type aggregateType) => InlineSnapshots.FirstOrDefault(s => s.AggregateType == aggregateType);
}
