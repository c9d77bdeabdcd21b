namespace Marten.Schema;

/// <summary>A column as PostgreSQL prints it.</summary>
internal sealed record ColumnModel(string Name, string Type, bool NotNull = false, string? Default = null)
{
    public string Ddl => $"{Name} {Type}{(NotNull ? " not null" : "")}{(Default is null ? "" : $" default {Default}")}";
}

/// <summary>An index; the expression stands between the outer parentheses.</summary>
internal sealed record IndexModel(string Name, string Expression, bool IsUnique)
{
    /// <summary>The statement that makes it; <paramref name="guarded"/> = only where it is missing.</summary>
    public string CreateDdl(string schema, string table, bool guarded = false)
        => $"create {(IsUnique ? "unique " : "")}index {(guarded ? "if not exists " : "")}{Name} on {schema}.{table} using btree ({Expression})";
}

/// <summary>A table that the store needs.</summary>
internal sealed record TableModel(string Name, IReadOnlyList<ColumnModel> Columns, string PrimaryKeyName)
{
    /// <summary>Further table constraints, in full.</summary>
    public IReadOnlyList<string> Constraints { get; init; } = [];

    public IReadOnlyList<IndexModel> Indexes { get; init; } = [];

    /// <summary>The statement that makes it; <paramref name="guarded"/> = only where it is missing.</summary>
    public string CreateDdl(string schema, bool guarded = false)
    {
        IEnumerable<string> parts =
        [
            .. Columns.Select(c => c.Ddl),
            $"constraint {PrimaryKeyName} primary key ({Columns[0].Name})",
            .. Constraints,
        ];
        return $"create table {(guarded ? "if not exists " : "")}{schema}.{Name} (\n  {string.Join(",\n  ", parts)}\n)";
    }
}
