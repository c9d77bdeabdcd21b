using System.Collections.Concurrent;
using System.Security.Cryptography;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;

/// <summary>
/// Asks identity providers what they say about a user now. One question however many wait for its answer, over all replicas: two at once would
/// spend the same refresh token twice, which a provider has to take for a theft. A question goes on when those who wait give up, because its
/// answer may hold the only copy of the next refresh token.
/// </summary>
public sealed partial class CurrentIdentities(
    ProviderGrants grants, Providers providers, IHotStore store, IConfigurationSnapshots snapshots, TimeProvider clock, ILogger<CurrentIdentities> logger)
{
    // Longer than the requests of one question can take together.
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_unclaimed = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, Question> _questions = new();

    /// <summary>The record with the answer in it.</summary>
    /// <param name="id">The record that the grant names.</param>
    /// <param name="userId">Whose it has to be.</param>
    /// <param name="neededUntil">Until when the grant may ask again.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Null when there is no such record of this user.</returns>
    /// <exception cref="OutboundUnavailableException">Nobody could tell.</exception>
    public async Task<ProviderGrant?> AskAsync(Guid id, Guid userId, DateTimeOffset neededUntil, CancellationToken cancellation)
    {
        var question = _questions.GetOrAdd(id, _ => new Question());
        var askedAt = clock.GetUtcNow();
        var running = question.Begin(() => RunAsync(id, neededUntil, askedAt));
        try
        {
            return await running.WaitAsync(cancellation) is { } grant && grant.UserId == userId ? grant : null;
        }
        finally
        {
            // An answer that comes after everybody has left waits for the next one who asks: a slow provider is not asked in vain for ever.
            if (running.IsCompleted)
            {
                _questions.TryRemove(KeyValuePair.Create(id, question));
            }
            else
            {
                _ = ForgetLaterAsync(id, question);
            }
        }
    }

    private async Task ForgetLaterAsync(Guid id, Question question)
    {
        await Task.Delay(s_unclaimed, clock);
        _questions.TryRemove(KeyValuePair.Create(id, question));
    }

    private async Task<ProviderGrant?> RunAsync(Guid id, DateTimeOffset neededUntil, DateTimeOffset askedAt)
    {
        var turn = RandomNumberGenerator.GetBytes(16);
        var key = "provider-turn:" + id.ToString("N");
        var end = askedAt + s_patience;
        while (!await store.SetIfAbsentAsync(key, turn, s_turn))
        {
            if (clock.GetUtcNow() > end)
            {
                throw new OutboundUnavailableException("Another question about the same user is not answered yet.");
            }

            await Task.Delay(s_pause, clock);
        }

        try
        {
            return await grants.FindAsync(id, CancellationToken.None) is { } grant ? await AskProviderAsync(grant, neededUntil, askedAt) : null;
        }
        finally
        {
            await ReleaseAsync(key, turn);
        }
    }

    private async Task<ProviderGrant> AskProviderAsync(ProviderGrant grant, DateTimeOffset neededUntil, DateTimeOffset askedAt)
    {
        // Another replica asked while this one waited for its turn.
        if (grant.Refusal is not null || grant.AskedAt >= askedAt)
        {
            return grant;
        }

        if (!snapshots.Current.IdentityProviders.TryGetValue(grant.ProviderId, out var provider) || providers.For(provider) is not { } speaker)
        {
            return snapshots.IsLoaded ? grant with { Refusal = "the identity provider was removed" } : throw new OutboundUnavailableException("The configuration has not come yet.");
        }

        var keepUntil = ProviderGrants.KeepFor(neededUntil);
        var current = grant with { KeepUntil = grant.KeepUntil > keepUntil ? grant.KeepUntil : keepUntil };
        var answer = await speaker.AskAgainAsync(
            provider,
            grant.Subject,
            grants.Open(grant),
            async next =>
            {
                current = current with { Credential = grants.Seal(grant.Id, next) };
                await grants.StoreAsync(current);
            },
            CancellationToken.None);

        // Policies and people know the user by the address; under another one it is somebody else until a new login says so.
        var refusal = answer.Refusal is not null ? TextOf(answer) : answer.Email == grant.Email ? null : "the user's e-mail address changed at the identity provider";
        current = refusal is null
            ? current with { Claims = answer.Claims, AskedAt = clock.GetUtcNow() }
            : current with { Refusal = refusal, Credential = null, AskedAt = clock.GetUtcNow() };
        await grants.StoreAsync(current);
        if (refusal is not null)
        {
            LogRefused(logger, grant.Id, provider.Id, refusal);
        }

        return current;
    }

    private async Task ReleaseAsync(string key, byte[] turn)
    {
        try
        {
            await store.TakeIfAsync(key, turn);
        }
        catch (HotStoreUnavailableException)
        {
            // It ends by itself.
        }
    }

    private static string TextOf(ProviderAnswer answer)
        => answer.Refusal == "invalid_grant" ? answer.Explanation : $"the identity provider's answer cannot be accepted ({answer.Refusal})";

    [LoggerMessage(1, LogLevel.Information, "Provider grant {ProviderGrantId} of {ProviderId} ended: {Refusal}", EventName = "ProviderGrantEnded")]
    private static partial void LogRefused(ILogger logger, Guid providerGrantId, Guid providerId, string refusal);

    private sealed class Question
    {
        private readonly Lock _lock = new();
        private Task<ProviderGrant?>? _task;

        public Task<ProviderGrant?> Begin(Func<Task<ProviderGrant?>> run)
        {
            lock (_lock)
            {
                return _task ??= Task.Run(run);
            }
        }
    }
}
