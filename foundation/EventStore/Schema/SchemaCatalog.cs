using Marten.Sql;

namespace Marten.Schema;

/// <summary>What a schema of the database holds.</summary>
internal sealed class SchemaCatalog
{
    public bool SchemaExists { get; private set; }

    public bool SequenceExists { get; private set; }

    /// <summary>Type by column, by table.</summary>
    public Dictionary<string, Dictionary<string, string>> Tables { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Indexes { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Constraints { get; } = new(StringComparer.Ordinal);

    /// <summary>Nothing at all, for a script.</summary>
    public static SchemaCatalog Empty => new();

    public static async Task<SchemaCatalog> ReadAsync(Database database, string schema, CancellationToken ct)
    {
        var catalog = new SchemaCatalog();
        await database.RunAsync(
            [
                new("select 1 as mt_r_schema from pg_namespace where nspname = $1", [P.Text(schema)], _ => catalog.SchemaExists = true),
                new(
                    "select c.relname as mt_r_table, a.attname, format_type(a.atttypid, a.atttypmod) "
                    + "from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid "
                    + "where n.nspname = $1 and c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped",
                    [P.Text(schema)],
                    row =>
                    {
                        var table = row.GetString(0);
                        if (!catalog.Tables.TryGetValue(table, out var columns))
                        {
                            catalog.Tables[table] = columns = new(StringComparer.Ordinal);
                        }

                        columns[row.GetString(1)] = row.GetString(2);
                    }),
                new("select indexname as mt_r_index from pg_indexes where schemaname = $1", [P.Text(schema)], row => catalog.Indexes.Add(row.GetString(0))),
                new(
                    "select c.conname as mt_r_constraint from pg_constraint c join pg_namespace n on n.oid = c.connamespace where n.nspname = $1",
                    [P.Text(schema)],
                    row => catalog.Constraints.Add(row.GetString(0))),
                new(
                    "select 1 as mt_r_sequence from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind = 'S' and c.relname = 'mt_events_sequence'",
                    [P.Text(schema)],
                    _ => catalog.SequenceExists = true),
            ],
            ct);
        return catalog;
    }
}
