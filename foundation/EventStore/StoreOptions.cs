using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Marten.Events;
using Marten.Events.Projections;
using Marten.Schema;
using Npgsql;

namespace Marten;

/// <summary>Configuration of a store.</summary>
public sealed class StoreOptions
{
    private string _schema = "public";

    /// <summary>Makes the defaults.</summary>
    public StoreOptions()
    {
        Projections = new ProjectionOptions(this);
    }

    /// <summary>The PostgreSQL schema that holds the tables. Lower-case letters, digits and underscores. Default: public.</summary>
    public string DatabaseSchemaName
    {
        get => _schema;
        set => _schema = Sql.SqlText.CheckName(value);
    }

    /// <summary>Event types and their stored names.</summary>
    public EventGraph Events { get; } = new();

    /// <summary>Snapshots and projections.</summary>
    public ProjectionOptions Projections { get; }

    /// <summary>Document types.</summary>
    public MartenRegistry Schema { get; } = new();

    /// <summary>Called around every save.</summary>
    public IList<IDocumentSessionListener> Listeners { get; } = [];

    /// <summary>How long one command may take. Default: 10 s.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the creation or upgrade of the schema may take, waiting for other replicas included. Default: 60 s.</summary>
    public TimeSpan SchemaTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest JSON of one event or document. Default: 1 MiB.</summary>
    public int MaxJsonBytes { get; set; } = 1024 * 1024;

    /// <summary>Most documents one query may return. Default: 10,000.</summary>
    public int MaxQueryRows { get; set; } = 10_000;

    /// <summary>Most events one save may append. Default: 1,000.</summary>
    public int MaxEventsPerSave { get; set; } = 1_000;

    internal NpgsqlDataSource? DataSource { get; private set; }

    internal bool OwnsDataSource { get; private set; }

    internal List<IJsonTypeInfoResolver> Resolvers { get; } = [];

    internal List<Action<JsonSerializerOptions>> JsonSettings { get; } = [];

    /// <summary>Connects with a data source that somebody else disposes.</summary>
    public void Connection(NpgsqlDataSource dataSource)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        DataSource = dataSource;
        OwnsDataSource = false;
    }

    /// <summary>Connects as another store does, which disposes of the connections.</summary>
    public void Connection(IDocumentStore other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Connection(other.Options.DataSource!);
    }

    /// <summary>Connects with a data source of the store's own; see <see cref="StoreDataSource.Create"/> for its settings.</summary>
    public void Connection(string connectionString)
    {
        DataSource = StoreDataSource.Create(connectionString, "eventstore");
        OwnsDataSource = true;
    }

    /// <summary>
    /// Source-generated contexts that know every event, aggregate and document. With them nothing is serialized by reflection:
    /// a type they lack is an error when the store is built. Naming (camelCase) and enums (strings) are the store's own.
    /// </summary>
    public void Serializer(params IJsonTypeInfoResolver[] contexts) => Resolvers.AddRange(contexts);

    /// <summary>Further JSON settings, such as converters.</summary>
    public void UseSystemTextJsonForSerialization(Action<JsonSerializerOptions> configure) => JsonSettings.Add(configure);
}
