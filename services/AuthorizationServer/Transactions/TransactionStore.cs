using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.AuthorizationServer.Transactions;

/// <summary>
/// Transactions in the hot store. Every change is a compare-and-swap and the end is an atomic take, so that of two requests that end the same
/// transaction, on any replicas, one wins.
/// </summary>
public sealed class TransactionStore(IHotStore store, TimeProvider clock)
{
    /// <summary>How long a transaction lasts, and anew from each PIN that is mailed in it.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private const int IdLength = 22;

    /// <summary>Begins a transaction; <paramref name="make"/> gets its id and end.</summary>
    public async Task<StoredTransaction> BeginAsync(Func<string, DateTimeOffset, Transaction> make, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(make);
        var transaction = make(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), clock.GetUtcNow() + Life);
        var bytes = Bytes(transaction);
        await store.SetAsync(Key(transaction.Id), bytes, Life, cancellation);
        return new StoredTransaction(transaction, bytes);
    }

    /// <summary>
    /// The transaction; null when there is none, it has expired or it has ended. Its own end counts as well as the store's: a store whose clock
    /// stood still, or that was restored, gives nobody more time.
    /// </summary>
    public async Task<StoredTransaction?> FindAsync(string? id, CancellationToken cancellation)
    {
        if (id is not { Length: IdLength } || !Base64Url.IsValid(id))
        {
            return null;
        }

        return await store.GetAsync(Key(id), cancellation) is { } bytes && JsonSerializer.Deserialize(bytes, TransactionJson.Default.Transaction) is { } transaction
            && transaction.ExpiresAt > clock.GetUtcNow()
                ? new StoredTransaction(transaction, bytes)
                : null;
    }

    /// <summary>Puts <paramref name="next"/> in the place of what was read; null when another request was faster.</summary>
    public async Task<StoredTransaction?> ReplaceAsync(StoredTransaction current, Transaction next, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(next);
        var bytes = Bytes(next);
        return await store.ReplaceIfAsync(Key(next.Id), current.Bytes, bytes, cancellation) ? new StoredTransaction(next, bytes) : null;
    }

    /// <summary>The same, and the transaction lasts <see cref="Life"/> from now.</summary>
    public async Task<StoredTransaction?> RenewAsync(StoredTransaction current, Transaction next, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(next);
        var renewed = next with { ExpiresAt = clock.GetUtcNow() + Life };
        var bytes = Bytes(renewed);
        return await store.ReplaceIfAsync(Key(next.Id), current.Bytes, bytes, Life, cancellation) ? new StoredTransaction(renewed, bytes) : null;
    }

    /// <summary>Ends the transaction; true for exactly one caller, and only if nothing changed since it was read.</summary>
    public Task<bool> EndAsync(StoredTransaction current, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(current);
        return store.TakeIfAsync(Key(current.Value.Id), current.Bytes, cancellation);
    }

    private static byte[] Bytes(Transaction transaction) => JsonSerializer.SerializeToUtf8Bytes(transaction, TransactionJson.Default.Transaction);

    private static string Key(string id) => "login:" + id;
}

/// <summary>A transaction as it was read.</summary>
/// <param name="Value">The transaction.</param>
/// <param name="Bytes">What the store holds, to compare with.</param>
public sealed record StoredTransaction(Transaction Value, ReadOnlyMemory<byte> Bytes);
