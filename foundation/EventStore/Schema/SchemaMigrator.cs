using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Marten.Exceptions;
using Marten.Sql;
using Npgsql;

namespace Marten.Schema;

/// <inheritdoc/>
internal sealed class SchemaMigrator(DocumentStore store) : IMartenStorage
{
    private readonly string _schema = store.Options.DatabaseSchemaName;

    public async Task ApplyAllConfiguredChangesToDatabaseAsync(CancellationToken ct = default)
    {
        // The usual start finds nothing to do, takes no lock and needs no right to change anything.
        var diff = await CompareAsync(store.Database, ct);
        if (diff.IsEmpty)
        {
            return;
        }

        await using var connection = await store.Database.OpenAsync(ct);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            var database = new Database(connection, store.Options.SchemaTimeout);
            await database.ExecuteAsync("select pg_advisory_xact_lock($1)", [P.Long(LockKey())], ct);
            diff = await CompareAsync(database, ct);
            await ApplyAsync(database, diff, ct);
            await transaction.CommitAsync(ct);
        }
        catch (MartenCommandException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new SchemaMigrationException($"The role may not change the schema {_schema}: {e.Message}. What belongs to another role is that role's to change: apply the script of EventTables.SqlFor for the tables of the events, or that of IDocumentStore.Storage.ToDatabaseScript(), as the owner.", e);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Map(e);
        }
    }

    public string ToDatabaseScript()
    {
        var statements = SchemaDiff.Between(StoreTables.All(store.Options, store.Json.Naming), SchemaCatalog.Empty, _schema).Statements;
        return string.Concat(statements.Select(s => s + ";\n"));
    }

    private async Task<SchemaDiff> CompareAsync(Database database, CancellationToken ct)
    {
        var found = await SchemaCatalog.ReadAsync(database, _schema, ct);
        return SchemaDiff.Between(StoreTables.All(store.Options, store.Json.Naming), found, _schema);
    }

    private async Task ApplyAsync(Database database, SchemaDiff diff, CancellationToken ct)
    {
        if (diff.Conflicts.Count > 0)
        {
            throw new SchemaMigrationException("The database contradicts the configuration and is left as it is: " + string.Join("; ", diff.Conflicts));
        }

        foreach (var statement in diff.Statements)
        {
            await database.ExecuteAsync(statement, [], ct);
        }

        if (diff.Statements.Count > 0)
        {
            StoreLog.SchemaChanged(store.Log, _schema, diff.Statements.Count);
        }
    }

    private long LockKey() => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("marten-schema:" + _schema)));
}
