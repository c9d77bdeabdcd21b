using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Durations;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using ManagedOAuth.ServiceDefaults.Snapshots;
using Marten;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;

/// <summary>Keeps what identity providers can be asked again with.</summary>
public sealed class ProviderGrants(IDocumentStore store, ISecretBox box, IConfigurationSnapshots snapshots, TimeProvider clock)
{
    // A grant may be refreshed at its very last moment, by a clock that is a little behind.
    private static readonly TimeSpan s_slack = TimeSpan.FromHours(1);

    /// <summary>Makes the record of a login, to be saved with it; null when the provider gave nothing to ask again with.</summary>
    public ProviderGrant? Make(Guid loginId, Guid userId, IdentityProvider provider, ProviderAnswer answer, TimeSpan sessionLife)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(answer);
        var now = clock.GetUtcNow();
        return answer.Credential is not { } credential ? null : new ProviderGrant
        {
            Id = loginId,
            UserId = userId,
            ProviderId = provider.Id,
            Subject = answer.Subject,
            Credential = Seal(loginId, credential),
            Email = answer.Email,
            Claims = answer.Claims,
            AskedAt = now,
            KeepUntil = KeepFor(now + sessionLife + LongestGrant()),
        };
    }

    /// <summary>The record; null when there is none.</summary>
    public async Task<ProviderGrant?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        return await query.LoadAsync<ProviderGrant>(id, cancellation);
    }

    /// <summary>Writes it as it is now. Nobody can cancel that: a credential that was replaced at the provider exists nowhere else.</summary>
    public async Task StoreAsync(ProviderGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        await using var unit = store.LightweightSession();
        unit.Store(grant);
        await unit.SaveChangesAsync(CancellationToken.None);
    }

    /// <summary>The credential in clear.</summary>
    public string Open(ProviderGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return Encoding.UTF8.GetString(box.Open(ProviderGrant.Purpose(grant.Id), grant.Credential));
    }

    /// <summary>A credential as it is stored.</summary>
    public byte[] Seal(Guid id, string credential) => box.Seal(ProviderGrant.Purpose(id), Encoding.UTF8.GetBytes(credential));

    /// <summary>Until when a record has to stay for a grant that ends then.</summary>
    public static DateTimeOffset KeepFor(DateTimeOffset grantEnd) => grantEnd + s_slack;

    /// <summary>Removes records that no grant refers to any more; returns how many.</summary>
    public async Task<int> RemoveExpiredAsync(int limit, CancellationToken cancellation)
    {
        await using var unit = store.LightweightSession();
        var over = await unit.QueryAsync<ProviderGrant>("where (data ->> 'keepUntil')::timestamptz < ? limit ?", cancellation, clock.GetUtcNow().UtcDateTime, limit);
        foreach (var grant in over)
        {
            unit.Delete<ProviderGrant>(grant.Id);
        }

        await unit.SaveChangesAsync(cancellation);
        return over.Count;
    }

    private TimeSpan LongestGrant() => snapshots.Current.Applications.Values
        .Select(application => application.OauthConfiguration is { } oauth && GoDuration.TryParse(oauth.Grant.SessionDuration, out var duration) ? duration : TimeSpan.Zero)
        .DefaultIfEmpty(TimeSpan.Zero)
        .Max();
}
