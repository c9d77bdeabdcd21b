using Marten.Sql;

namespace Marten.Schema;

/// <summary>
/// The tables that hold what happened, as SQL text for a script that makes them for a role of their own: a service that does not own them can be let
/// append and read, and nothing else, while it goes on making its documents' tables itself.
/// </summary>
public static class EventTables
{
    /// <summary>What a role needs of <c>mt_streams</c>, and nothing more.</summary>
    public const string StreamPrivileges = "select, insert, update (version, timestamp)";

    /// <summary>What a role needs of <c>mt_events</c>: what happened is never changed.</summary>
    public const string EventPrivileges = "select, insert";

    /// <summary>What a role needs of <c>mt_events_sequence</c>.</summary>
    public const string SequencePrivileges = "usage, select";

    /// <summary>The DDL of <c>mt_streams</c>, <c>mt_events</c> and their sequence in an existing schema. Makes only what is missing; may be run any number of times.</summary>
    /// <exception cref="ArgumentException">The schema's name is not plain.</exception>
    public static string SqlFor(string schemaName)
    {
        var schema = SqlText.CheckName(schemaName);
        TableModel[] tables = [StoreTables.Streams(), StoreTables.Events(schema)];
        var statements = tables
            .SelectMany(table => table.Indexes.Select(index => index.CreateDdl(schema, table.Name, guarded: true)).Prepend(table.CreateDdl(schema, guarded: true)))
            .Append(StoreTables.SequenceDdl(schema, guarded: true));
        return string.Concat(statements.Select(statement => statement + ";\n"));
    }
}
