using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Wolverine.Postgresql;

/// <summary>Makes the tables if they are not there; any number of processes may do so at the same time.</summary>
internal sealed partial class SchemaInstaller(NpgsqlDataSource dataSource, string schema, DurabilitySettings settings, ILogger<SchemaInstaller> logger)
{
    // Any constant will do, as long as every process takes the same: "messages" in ASCII.
    private const long AdvisoryLock = 0x6D65737361676573;

    /// <exception cref="InvalidOperationException">The tables are missing and this role may not create them.</exception>
    public async Task EnsureAsync(CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await TryEnsureAsync(ct);
                return;
            }
            catch (NpgsqlException failure) when (failure.IsTransient && clock.Elapsed < settings.StartTimeout)
            {
                // A database that starts together with its services is often a moment late.
                LogWaiting(failure.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(250), ct);
            }
        }
    }

    private async Task TryEnsureAsync(CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        if (await ExistAsync(connection, ct))
        {
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({AdvisoryLock})", ct);

        // Whoever waited for the lock finds the work done, and needs no right to do it.
        if (await ExistAsync(connection, ct))
        {
            return;
        }

        try
        {
            await ExecuteAsync(connection, MessagingSchema.SqlFor(schema), ct);
            await transaction.CommitAsync(ct);
        }
        catch (PostgresException denied) when (denied.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new InvalidOperationException(
                $"The tables of schema '{schema}' are missing or hidden, and this role may not create them. " +
                "Run MessagingSchema.Sql and MessagingSchema.GrantSql as the owner of the database.", denied);
        }

        LogCreated(schema);
    }

    // Asked of the catalog, because "create ... if not exists" needs the right to create even where nothing is to be done.
    private async Task<bool> ExistAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = """
            select count(*) = cardinality($2) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1 and c.relname = any($2) and c.relkind in ('r', 'p')
            """;
        command.CommandTimeout = (int)settings.CommandTimeout.TotalSeconds;
        command.Parameters.Add(new NpgsqlParameter { Value = schema });
        command.Parameters.Add(new NpgsqlParameter { Value = MessagingSchema.Tables });
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string text, CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        command.CommandTimeout = (int)settings.StartTimeout.TotalSeconds;
        await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(1, LogLevel.Information, "Created the tables of schema {Schema}")]
    private partial void LogCreated(string schema);

    [LoggerMessage(2, LogLevel.Information, "Waiting for the database: {Error}")]
    private partial void LogWaiting(string error);
}
