using System.Text.Json;

namespace Marten.Schema;

/// <summary>The tables of a store, with exactly Marten's names, columns and constraints (single tenant, uuid streams, three metadata columns).</summary>
internal static class StoreTables
{
    private const string Text = "character varying";
    private const string Time = "timestamp with time zone";
    private const string Tenant = "'*DEFAULT*'::character varying";

    public static IReadOnlyList<TableModel> All(StoreOptions options, JsonNamingPolicy naming) =>
        [Streams(), Events(options.DatabaseSchemaName), Progression(), HighWaterSkips(), .. options.Schema.Mappings.Select(m => Document(m, naming)).OrderBy(t => t.Name, StringComparer.Ordinal)];

    /// <summary>The statement that makes the numbers of the events; <paramref name="guarded"/> = only where they are missing.</summary>
    public static string SequenceDdl(string schema, bool guarded = false)
        => $"create sequence {(guarded ? "if not exists " : "")}{schema}.mt_events_sequence as bigint owned by {schema}.mt_events.seq_id";

    public static TableModel Streams() => new(
        "mt_streams",
        [
            new("id", "uuid", NotNull: true),
            new("type", Text),
            new("version", "bigint"),
            new("timestamp", Time, NotNull: true, "now()"),
            new("created", Time, NotNull: true, "now()"),
            new("tenant_id", Text, Default: Tenant),
            new("is_archived", "boolean", Default: "false"),
        ],
        "pkey_mt_streams_id");

    // The timestamp's default is evaluated per transaction, not once when the table is made as in Marten's own DDL.
    public static TableModel Events(string schema) => new(
        "mt_events",
        [
            new("seq_id", "bigint", NotNull: true),
            new("id", "uuid", NotNull: true),
            new("stream_id", "uuid"),
            new("version", "bigint", NotNull: true),
            new("data", "jsonb", NotNull: true),
            new("bdata", "bytea"),
            new("type", "character varying(500)", NotNull: true),
            new("timestamp", Time, NotNull: true, "now()"),
            new("tenant_id", Text, Default: Tenant),
            new("mt_dotnet_type", Text),
            new("correlation_id", Text),
            new("causation_id", Text),
            new("headers", "jsonb"),
            new("is_archived", "boolean", Default: "false"),
        ],
        "pkey_mt_events_seq_id")
    {
        Constraints = [$"constraint fkey_mt_events_stream_id foreign key (stream_id) references {schema}.mt_streams (id) on delete cascade"],
        Indexes = [new("pk_mt_events_stream_and_version", "stream_id, version", IsUnique: true)],
    };

    private static TableModel Progression() => new(
        "mt_event_progression",
        [
            new("name", Text, NotNull: true),
            new("last_seq_id", "bigint"),
            new("last_updated", Time, Default: "transaction_timestamp()"),
        ],
        "pk_mt_event_progression");

    private static TableModel HighWaterSkips() => new(
        "mt_high_water_skips",
        [
            new("ending_sequence", "bigint", NotNull: true),
            new("starting_sequence", "bigint", NotNull: true),
            new("timestamp", Time, Default: "transaction_timestamp()"),
        ],
        "pkey_mt_high_water_skips_ending_sequence");

    private static TableModel Document(DocumentMapping mapping, JsonNamingPolicy naming)
    {
        ColumnModel id = new("id", mapping.IdType == typeof(Guid) ? "uuid" : Text, NotNull: true);
        ColumnModel data = new("data", "jsonb", NotNull: true);
        ColumnModel modified = new("mt_last_modified", Time, Default: "transaction_timestamp()");
        ColumnModel type = new("mt_dotnet_type", Text);
        ColumnModel revision = new("mt_version", "bigint", NotNull: true, "0");
        ColumnModel guid = new("mt_version", "uuid", NotNull: true, "md5(random()::text || clock_timestamp()::text)::uuid");
        return new TableModel(
            mapping.Table,
            mapping.Kind == DocumentKind.Projected ? [id, data, modified, type, revision] : [id, data, modified, guid, type],
            $"pkey_{mapping.Table}_id")
        {
            Indexes = [.. mapping.Indexes.Select(i => new IndexModel(i.Name(mapping.Table), string.Join(", ", i.Members.Select(m => m.Sql(naming))), i.IsUnique))],
        };
    }
}
