using System.Security.Cryptography;
using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.ServiceDefaults.Store;
using Npgsql;

namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>
/// Reads this service's wrapped data keys, or makes the first one. Any number of replicas on an empty database end with one
/// key; a master key that does not open what is there ends the start.
/// </summary>
internal sealed class DataKeys(NpgsqlDataSource database, ServiceName service, MasterKey master, SecretBox box) : IStartupStep
{
    public string Name => "open the keys at rest";

    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ServiceSchema.LockAndEnsureAsync(connection, service, "keys-at-rest", cancellation);
        await ServiceSchema.ExecuteAsync(connection, $"""
            create table if not exists {service.Schema}.mo_data_key (
              id integer primary key,
              master_key_id text not null,
              wrapped bytea not null,
              created_at timestamptz not null default transaction_timestamp())
            """, cancellation);

        var keys = await ReadAsync(connection, cancellation);
        if (keys.Count == 0)
        {
            await InsertFirstAsync(connection, cancellation);
            keys = await ReadAsync(connection, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        box.Use(keys);
    }

    private async Task InsertFirstAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        await using var command = new NpgsqlCommand(
            $"insert into {service.Schema}.mo_data_key (id, master_key_id, wrapped) values (1, $1, $2) on conflict do nothing", connection)
        {
            Parameters = { new() { Value = master.Id }, new() { Value = master.Wrap(key, NameOf(1)) } },
        };
        await command.ExecuteNonQueryAsync(cancellation);
        CryptographicOperations.ZeroMemory(key);
    }

    private async Task<Dictionary<int, byte[]>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select id, master_key_id, wrapped from {service.Schema}.mo_data_key", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var keys = new Dictionary<int, byte[]>();
        while (await reader.ReadAsync(cancellation))
        {
            var id = reader.GetInt32(0);
            keys[id] = Unwrap(id, reader.GetString(1), reader.GetFieldValue<byte[]>(2));
        }

        return keys;
    }

    private byte[] Unwrap(int id, string wrappedBy, byte[] wrapped)
    {
        if (wrappedBy != master.Id)
        {
            throw new StartupRefusedException(
                $"The master key file '{master.Path}' (id {master.Id}) is not the one that wrapped this database's keys (id {wrappedBy}). " +
                $"Restore the right file. Nothing was changed; no new key is made while {service.Schema}.mo_data_key holds wrapped ones.");
        }

        try
        {
            return master.Unwrap(wrapped, NameOf(id));
        }
        catch (CryptographicException exception)
        {
            throw new StartupRefusedException($"Data key {id} in {service.Schema}.mo_data_key is damaged: it does not open under the master key that wrapped it. Restore the table from a backup.", exception);
        }
    }

    private string NameOf(int id) => $"{service.Value}|{id}";
}
