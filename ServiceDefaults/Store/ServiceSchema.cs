using Npgsql;

namespace ManagedOAuth.ServiceDefaults.Store;

/// <summary>Small DDL of ServiceDefaults' own tables, safe when several replicas start at once.</summary>
internal static class ServiceSchema
{
    /// <summary>Takes a lock of this service until the transaction ends.</summary>
    public static async Task LockAsync(NpgsqlConnection connection, ServiceName service, string what, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select pg_advisory_xact_lock(hashtextextended($1, 0))", connection)
        {
            Parameters = { new() { Value = $"managedoauth:{service.Value}:{what}" } },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The same, and makes the service's schema if it is not there.</summary>
    public static async Task LockAndEnsureAsync(NpgsqlConnection connection, ServiceName service, string what, CancellationToken cancellation)
    {
        await LockAsync(connection, service, what, cancellation);

        // "if not exists" asks for the right to create schemas even when there is nothing to create; a service's role has none.
        await using var exists = new NpgsqlCommand("select exists (select from pg_namespace where nspname = $1)", connection)
        {
            Parameters = { new() { Value = service.Schema } },
        };
        if (await exists.ExecuteScalarAsync(cancellation) is not true)
        {
            await ExecuteAsync(connection, $"create schema if not exists {service.Schema}", cancellation);
        }
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
