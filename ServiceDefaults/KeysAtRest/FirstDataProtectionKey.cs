using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.ServiceDefaults.Store;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Npgsql;

namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>
/// Makes the first Data Protection key under a lock. Left to the framework, two replicas on an empty database would make one
/// each and not know the other's for a day: a cookie of one would be refused by the other. (Later keys are made two days
/// before they are used, which every replica notices in time.)
/// </summary>
internal sealed class FirstDataProtectionKey(
    NpgsqlDataSource database, ServiceName service, DataProtectionKeyRing ring, IKeyManager keys, TimeProvider clock) : IStartupStep
{
    private static readonly TimeSpan s_life = TimeSpan.FromDays(90);

    public string Name => "make the first data protection key";

    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using (var schema = await connection.BeginTransactionAsync(cancellation))
        {
            await ServiceSchema.LockAndEnsureAsync(connection, service, "keys-at-rest", cancellation);
            await ring.EnsureTableAsync(connection, cancellation);
            await schema.CommitAsync(cancellation);
        }

        // The key manager writes on a connection of its own, so the table is committed by now; this one only holds the lock.
        await using var turn = await connection.BeginTransactionAsync(cancellation);
        await ServiceSchema.LockAsync(connection, service, "keys-at-rest", cancellation);
        var now = clock.GetUtcNow();
        if (!keys.GetAllKeys().Any(key => !key.IsRevoked && key.ExpirationDate > now))
        {
            keys.CreateNewKey(activationDate: now, expirationDate: now + s_life);
        }

        await turn.CommitAsync(cancellation);
    }
}
