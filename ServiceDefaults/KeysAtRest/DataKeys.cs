using System.Security.Cryptography;
using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.ServiceDefaults.Store;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>
/// Reads this service's wrapped data keys, or makes the first one. Any number of replicas on an empty database end with one
/// key; a master key that does not open what is there ends the start. What the previous master key wrapped is wrapped anew.
/// </summary>
internal sealed partial class DataKeys(
    NpgsqlDataSource database, ServiceName service, MasterKeys masters, SecretBox box, ILogger<DataKeys> logger) : IStartupStep
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

        var rows = await ReadAsync(connection, cancellation);
        if (rows.Count == 0)
        {
            await InsertFirstAsync(connection, cancellation);
            rows = await ReadAsync(connection, cancellation);
        }

        var keys = rows.ToDictionary(row => row.Id, Unwrap);
        var rewrapped = rows.FindAll(row => row.MasterKeyId != masters.Current.Id);
        foreach (var row in rewrapped)
        {
            await WrapAnewAsync(connection, row.Id, keys[row.Id], cancellation);
        }

        await transaction.CommitAsync(cancellation);
        if (rewrapped.Count > 0)
        {
            Log.WrappedAnew(logger, rewrapped.Count, masters.Current.Id);
        }

        box.Use(keys);
    }

    private async Task InsertFirstAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        await using var command = new NpgsqlCommand(
            $"insert into {service.Schema}.mo_data_key (id, master_key_id, wrapped) values (1, $1, $2) on conflict do nothing", connection)
        {
            Parameters = { new() { Value = masters.Current.Id }, new() { Value = masters.Current.Wrap(key, NameOf(1)) } },
        };
        await command.ExecuteNonQueryAsync(cancellation);
        CryptographicOperations.ZeroMemory(key);
    }

    private async Task WrapAnewAsync(NpgsqlConnection connection, int id, byte[] key, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"update {service.Schema}.mo_data_key set master_key_id = $1, wrapped = $2 where id = $3", connection)
        {
            Parameters = { new() { Value = masters.Current.Id }, new() { Value = masters.Current.Wrap(key, NameOf(id)) }, new() { Value = id } },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<List<WrappedKey>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select id, master_key_id, wrapped from {service.Schema}.mo_data_key", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<WrappedKey>();
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(new WrappedKey(reader.GetInt32(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2)));
        }

        return rows;
    }

    private byte[] Unwrap(WrappedKey row)
    {
        if (masters.Find(row.MasterKeyId) is not { } master)
        {
            throw new StartupRefusedException(
                $"The master key file '{masters.Current.Path}' (id {masters.Current.Id}) is not the one that wrapped this database's keys (id {row.MasterKeyId}). " +
                $"Restore the right file, or name it in KeysAtRest:PreviousMasterKeyFile when the new one is to replace it. Nothing was changed; no new key is made while {service.Schema}.mo_data_key holds wrapped ones.");
        }

        try
        {
            return master.Unwrap(row.Wrapped, NameOf(row.Id));
        }
        catch (CryptographicException exception)
        {
            throw new StartupRefusedException($"Data key {row.Id} in {service.Schema}.mo_data_key is damaged: it does not open under the master key that wrapped it. Restore the table from a backup.", exception);
        }
    }

    private string NameOf(int id) => $"{service.Value}|{id}";

    private sealed record WrappedKey(int Id, string MasterKeyId, byte[] Wrapped);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Count} data keys were wrapped anew under the master key {MasterKeyId}; the previous one is needed no more", EventName = "DataKeysWrappedAnew")]
        public static partial void WrappedAnew(ILogger logger, int count, string masterKeyId);
    }
}
