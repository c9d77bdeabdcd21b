using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using Marten;
using Marten.Exceptions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Token.Keys.Sealing;

/// <summary>
/// The sealing keys of every application: that of the last period (its tokens may still live), of this one and of the next one, which the
/// edges therefore have long before it is used. Which keys must exist follows from the clock, so replicas need no message to agree.
/// </summary>
public sealed class SealingKeys(IDocumentStore store, ISecretBox secrets, IOptions<TokenOptions> options, TimeProvider clock) : IDisposable
{
    private const int ApplicationsAtOnce = 200;

    // access_token_lifetime is at most a day; the rest is for clocks that differ.
    private static readonly TimeSpan s_longestToken = TimeSpan.FromHours(24) + TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _loading = new(1, 1);
    private ImmutableDictionary<string, SealingKey?> _byDocument = ImmutableDictionary<string, SealingKey?>.Empty;
    private ImmutableDictionary<ulong, SealingKey> _byKeyId = ImmutableDictionary<ulong, SealingKey>.Empty;

    /// <summary>Beats when there are other keys than before.</summary>
    public Pulse Changed { get; } = new();

    /// <summary>All keys under which a token may live, by their ids. Another object when there are other keys.</summary>
    public ImmutableDictionary<ulong, SealingKey> All => Volatile.Read(ref _byKeyId);

    /// <summary>The key for a key id, or null.</summary>
    public SealingKey? Find(ulong keyId) => All.GetValueOrDefault(keyId);

    /// <summary>The key that seals an application's tokens now. It is in memory, unless the application is seconds old.</summary>
    public async ValueTask<SealingKey> CurrentAsync(Guid applicationId, CancellationToken cancellation)
    {
        var id = SealingKeyDocument.IdOf(applicationId, PeriodOf(clock.GetUtcNow()));
        if (Volatile.Read(ref _byDocument).GetValueOrDefault(id) is { } known)
        {
            return known;
        }

        await EnsureAsync([applicationId], cancellation);
        return Volatile.Read(ref _byDocument).GetValueOrDefault(id) ?? throw new KeysUnavailableException();
    }

    /// <summary>Makes and loads what these applications need and forgets what is over.</summary>
    public async Task EnsureAsync(IReadOnlyCollection<Guid> applications, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var missing = applications.Where(application => Needed(application, now).Any(id => !Volatile.Read(ref _byDocument).ContainsKey(id))).ToList();
        var over = All.Values.Any(key => key.NotAfter <= now);
        if (missing.Count == 0 && !over)
        {
            return;
        }

        await _loading.WaitAsync(cancellation);
        try
        {
            foreach (var some in missing.Chunk(ApplicationsAtOnce))
            {
                await LoadAsync(some, now, cancellation);
            }

            Forget(now);
        }
        finally
        {
            _loading.Release();
        }

        Changed.Beat();
    }

    /// <summary>Deletes keys at rest whose tokens are all over.</summary>
    public async Task DeleteExpiredAsync(CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        session.DeleteWhere<SealingKeyDocument>("where (data ->> 'notAfter')::bigint < ?", clock.GetUtcNow().ToUnixTimeMilliseconds());
        await session.SaveChangesAsync(cancellation);
    }

    public void Dispose() => _loading.Dispose();

    private async Task LoadAsync(Guid[] applications, DateTimeOffset now, CancellationToken cancellation)
    {
        var ids = applications.SelectMany(application => Needed(application, now)).ToList();
        for (var attempt = 0; ; attempt++)
        {
            await using var session = store.LightweightSession();
            var found = await session.LoadManyAsync<SealingKeyDocument>(ids, cancellation);
            var existing = found.Select(document => document.Id).ToHashSet(StringComparer.Ordinal);
            var made = applications
                .SelectMany(application => (SealingKeyDocument[])[Make(application, PeriodOf(now)), Make(application, PeriodOf(now) + 1)])
                .Where(document => !existing.Contains(document.Id))
                .ToArray();
            try
            {
                if (made.Length > 0)
                {
                    session.Insert(made);
                    await session.SaveChangesAsync(cancellation);
                }
            }
            catch (DocumentAlreadyExistsException) when (attempt < 5)
            {
                // Another replica made some of them in this moment: its keys are the ones.
                continue;
            }

            Remember(ids, [.. found, .. made]);
            return;
        }
    }

    private void Remember(IEnumerable<string> asked, IReadOnlyList<SealingKeyDocument> documents)
    {
        // A key of the last period that was never made is remembered as absent, so that nobody looks for it again.
        var byDocument = _byDocument.SetItems(asked.Where(id => !_byDocument.ContainsKey(id)).Select(id => KeyValuePair.Create(id, (SealingKey?)null)));
        var byKeyId = _byKeyId;
        foreach (var document in documents)
        {
            var key = new SealingKey(
                document.ApplicationId,
                document.Period,
                document.KeyId,
                secrets.Open(SealingKeyDocument.Purpose(document.Id), document.Sealed),
                DateTimeOffset.FromUnixTimeMilliseconds(document.NotAfter));
            byDocument = byDocument.SetItem(document.Id, key);
            byKeyId = byKeyId.SetItem(BinaryPrimitives.ReadUInt64BigEndian(key.KeyId), key);
        }

        Volatile.Write(ref _byDocument, byDocument);
        Volatile.Write(ref _byKeyId, byKeyId);
    }

    private void Forget(DateTimeOffset now)
    {
        var oldest = PeriodOf(now) - 2;
        Volatile.Write(ref _byKeyId, _byKeyId.RemoveRange(_byKeyId.Where(entry => entry.Value.NotAfter <= now).Select(entry => entry.Key)));
        Volatile.Write(ref _byDocument, _byDocument.RemoveRange(_byDocument
            .Where(entry => long.Parse(entry.Key.AsSpan(entry.Key.IndexOf(':', StringComparison.Ordinal) + 1), System.Globalization.CultureInfo.InvariantCulture) < oldest)
            .Select(entry => entry.Key)));
    }

    private SealingKeyDocument Make(Guid applicationId, long period)
    {
        var id = SealingKeyDocument.IdOf(applicationId, period);
        var key = RandomNumberGenerator.GetBytes(32);
        var document = new SealingKeyDocument
        {
            Id = id,
            ApplicationId = applicationId,
            Period = period,
            KeyId = RandomNumberGenerator.GetBytes(Contracts.Tokens.SealedAccessToken.KeyIdLength),
            Sealed = secrets.Seal(SealingKeyDocument.Purpose(id), key),
            NotAfter = (StartOf(period + 1) + s_longestToken).ToUnixTimeMilliseconds(),
        };
        CryptographicOperations.ZeroMemory(key);
        return document;
    }

    private IEnumerable<string> Needed(Guid applicationId, DateTimeOffset now)
    {
        var period = PeriodOf(now);
        return [SealingKeyDocument.IdOf(applicationId, period - 1), SealingKeyDocument.IdOf(applicationId, period), SealingKeyDocument.IdOf(applicationId, period + 1)];
    }

    private long PeriodOf(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / (long)options.Value.SealingKeyPeriod.TotalMilliseconds;

    private DateTimeOffset StartOf(long period) => DateTimeOffset.FromUnixTimeMilliseconds(period * (long)options.Value.SealingKeyPeriod.TotalMilliseconds);
}
