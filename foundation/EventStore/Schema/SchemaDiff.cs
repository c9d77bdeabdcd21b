namespace Marten.Schema;

/// <summary>What has to be done to bring a schema to the wanted shape. Pure. Only ever adds.</summary>
internal sealed record SchemaDiff(IReadOnlyList<string> Statements, IReadOnlyList<string> Conflicts)
{
    public bool IsEmpty => Statements.Count == 0 && Conflicts.Count == 0;

    public static SchemaDiff Between(IReadOnlyList<TableModel> wanted, SchemaCatalog found, string schema)
    {
        var statements = new List<string>();
        var conflicts = new List<string>();
        if (!found.SchemaExists)
        {
            statements.Add($"create schema {schema}");
        }

        foreach (var table in wanted)
        {
            if (found.Tables.TryGetValue(table.Name, out var columns))
            {
                Columns(table, columns);
            }
            else
            {
                statements.Add(table.CreateDdl(schema));
            }

            foreach (var index in table.Indexes.Where(i => !found.Indexes.Contains(i.Name)))
            {
                statements.Add(index.CreateDdl(schema, table.Name));
            }
        }

        if (!found.SequenceExists)
        {
            statements.Add(StoreTables.SequenceDdl(schema));
        }

        return new SchemaDiff(statements, conflicts);

        void Columns(TableModel table, Dictionary<string, string> columns)
        {
            foreach (var column in table.Columns)
            {
                if (!columns.TryGetValue(column.Name, out var type))
                {
                    statements.Add($"alter table {schema}.{table.Name} add column {column.Ddl}");
                }
                else if (type != column.Type)
                {
                    conflicts.Add($"{schema}.{table.Name}.{column.Name} is {type}, expected {column.Type}");
                }
            }

            if (!found.Constraints.Contains(table.PrimaryKeyName))
            {
                conflicts.Add($"{schema}.{table.Name} has no primary key {table.PrimaryKeyName}");
            }
        }
    }
}
