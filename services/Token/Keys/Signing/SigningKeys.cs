using System.Security.Cryptography;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Durations;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using ManagedOAuth.Token.Configuration;
using Marten;
using Marten.Exceptions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Token.Keys.Signing;

/// <summary>
/// The ring in use by this replica. The ring's stream decides which key is current, so all replicas agree; a private key that is missing
/// or cannot be opened means that nothing is signed, never that another key is made in its place.
/// </summary>
public sealed partial class SigningKeys(
    IDocumentStore store,
    ISecretBox secrets,
    ConfigurationSource configuration,
    IOptions<TokenOptions> options,
    TimeProvider clock,
    ILogger<SigningKeys> logger)
{
    private readonly Lock _gate = new();
    private volatile State? _state;

    /// <summary>Beats when what is published changed.</summary>
    public Pulse Changed { get; } = new();

    /// <summary>The published key set; null before the first load.</summary>
    public byte[]? Published => _state?.KeySet;

    /// <summary>Signs claims with the current key.</summary>
    /// <exception cref="KeysUnavailableException">No key has been loaded yet.</exception>
    public string Sign(ReadOnlySpan<byte> claims) => (_state ?? throw new KeysUnavailableException()).Signer.Sign(claims);

    /// <summary>Brings the ring up to date (rotation included) and loads it. Safe on any number of replicas at once.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        var ring = await RotateAsync(cancellation);
        if (_state is { } state && state.Version >= ring.Version)
        {
            return;
        }

        var current = ring.Current ?? throw new InvalidOperationException("The ring of signing keys has no current key.");
        var signer = _state?.Signer;
        if (signer?.KeyId != current.KeyId)
        {
            signer = await LoadSignerAsync(current, cancellation);
            LogSigningWith(logger, current.KeyId, current.Algorithm);
        }

        lock (_gate)
        {
            if (_state is { } newer && newer.Version >= ring.Version)
            {
                // Somebody else was sooner here, with a ring that changed after this one was read.
                return;
            }

            _state = new State(ring.Version, signer, JsonWebKeys.Write(ring));
        }

        Changed.Beat();
    }

    /// <summary>How long a key signs.</summary>
    public TimeSpan IntervalOf(SigningKeyRing? ring) => ring?.IntervalDays is { } days ? TimeSpan.FromDays(days) : options.Value.SigningKeyInterval;

    /// <summary>The ring as it is now.</summary>
    public async Task<SigningKeyRing?> FindAsync(CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.Events.FetchLatest<SigningKeyRing>(SigningKeyRing.StreamId, cancellation);
    }

    /// <summary>Chooses how long a key signs.</summary>
    public async Task ChangeIntervalAsync(int days, string actor, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            await using var session = store.LightweightSession();
            session.LastModifiedBy = actor;
            session.Events.Append(SigningKeyRing.StreamId, new Contracts.SigningKeys.SigningKeyIntervalChanged(days, clock.GetUtcNow()));
            try
            {
                await session.SaveChangesAsync(cancellation);
                break;
            }
            catch (EventStreamUnexpectedMaxEventIdException) when (attempt < 5)
            {
                // Another change of the ring was faster; this one stands beside it.
            }
        }

        await RefreshAsync(cancellation);
    }

    /// <summary>Lets the next key take over now; false when it was published too short a time ago for everybody to know it.</summary>
    public async Task<bool> RotateNowAsync(string actor, CancellationToken cancellation)
    {
        var before = (await FindAsync(cancellation))?.Current?.KeyId;
        var ring = await RotateAsync(cancellation, actor, atOnce: true);
        await RefreshAsync(cancellation);
        return (await FindAsync(cancellation) ?? ring).Current?.KeyId != before;
    }

    private async Task<SigningKeyRing> RotateAsync(CancellationToken cancellation, string actor = "token", bool atOnce = false)
    {
        for (var attempt = 0; ; attempt++)
        {
            await using var session = store.LightweightSession();
            var stream = await session.Events.FetchForWriting<SigningKeyRing>(SigningKeyRing.StreamId, cancellation);
            var now = clock.GetUtcNow();
            var plan = SigningKeyRotation.Plan(stream.Aggregate, Needs(stream.Aggregate, now) with { AtOnce = atOnce }, algorithm => NewSigningKey.Make(algorithm, now));
            if (plan.Events.Count == 0)
            {
                return stream.Aggregate!;
            }

            try
            {
                await SaveAsync(session, stream, plan, actor, cancellation);
                if (atOnce)
                {
                    return stream.Aggregate!;
                }
            }
            catch (MartenException e) when (e is EventStreamUnexpectedMaxEventIdException or ExistingStreamIdCollisionException && attempt < 5)
            {
                // Another replica was faster: what it decided is ours too.
                continue;
            }

            LogRingChanged(logger, plan.Events.Count);
        }
    }

    private async Task SaveAsync(
        IDocumentSession session, Marten.Events.IEventStream<SigningKeyRing> stream, SigningKeyPlan plan, string actor, CancellationToken cancellation)
    {
        foreach (var key in plan.NewKeys)
        {
            session.Insert(new SigningKeyMaterial { Id = key.KeyId, Sealed = secrets.Seal(SigningKeyMaterial.Purpose(key.KeyId), key.PrivateKey) });
            CryptographicOperations.ZeroMemory(key.PrivateKey);
        }

        foreach (var removed in plan.Events.OfType<Contracts.SigningKeys.SigningKeyRemoved>())
        {
            session.Delete<SigningKeyMaterial>(removed.KeyId);
        }

        session.LastModifiedBy = actor;
        stream.AppendMany(plan.Events);
        await session.SaveChangesAsync(cancellation);
    }

    private async Task<AssertionSigner> LoadSignerAsync(RingKey key, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var material = await session.LoadAsync<SigningKeyMaterial>(key.KeyId, cancellation)
            ?? throw new CryptographicException($"The private half of signing key {key.KeyId} is not in the database.");
        return new AssertionSigner(key, secrets.Open(SigningKeyMaterial.Purpose(key.KeyId), material.Sealed));
    }

    private SigningKeyNeeds Needs(SigningKeyRing? ring, DateTimeOffset now)
    {
        var snapshot = configuration.Current.Snapshot;
        var algorithm = snapshot.Organization?.AssertionAlgorithm ?? ring?.Current?.Algorithm ?? NewSigningKey.Rs256;
        return new SigningKeyNeeds(
            algorithm, now, IntervalOf(ring), options.Value.SigningKeyOverlap, options.Value.SigningKeyLead, LongestAssertion(snapshot));
    }

    private static TimeSpan LongestAssertion(ConfigurationSnapshot snapshot)
        => snapshot.Applications.Values.SelectMany(application => (string?[])[application.SessionDuration, application.OauthConfiguration?.Grant.AccessTokenLifetime])
            .Concat(snapshot.Policies.Values.Select(policy => policy.SessionDuration))
            .Select(text => GoDuration.TryParse(text, out var duration) ? duration : TimeSpan.Zero)
            .DefaultIfEmpty()
            .Max();

    private sealed record State(long Version, AssertionSigner Signer, byte[] KeySet);

    [LoggerMessage(1, LogLevel.Information, "Assertions are signed with key {KeyId} ({Algorithm}).", EventName = "SigningKeyInUse")]
    private static partial void LogSigningWith(ILogger logger, string keyId, string algorithm);

    [LoggerMessage(2, LogLevel.Information, "The ring of signing keys changed by {Count} events.", EventName = "SigningKeysChanged")]
    private static partial void LogRingChanged(ILogger logger, int count);
}
