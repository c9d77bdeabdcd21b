using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Users;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Durations;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.AuthorizationServer.Sessions;

/// <summary>Team sessions and the users whose they are.</summary>
public sealed class TeamSessions(IDocumentStore store, ProviderGrants providerGrants, TimeProvider clock)
{
    // Two first logins of one address at the same time: the loser of the unique index finds the winner's user.
    private const int Attempts = 3;

    // An event each, of which one save has room for a thousand.
    private const int Batch = 500;

    /// <summary>The session that a cookie opens, if it lasts still; a session duration that was shortened since the login counts.</summary>
    public async Task<TeamSession?> FindAsync(string? cookie, Organization organization, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(organization);
        if (cookie is null)
        {
            return null;
        }

        await using var query = store.QuerySession();
        var session = await query.LoadAsync<TeamSession>(TeamSessionCookie.IdOf(cookie), cancellation);
        var now = clock.GetUtcNow();
        return session is not null && session.ExpiresAt > now && session.AuthenticatedAt + DurationOf(organization) > now ? session : null;
    }

    /// <summary>
    /// Records a finished login in one transaction: the user (made at the first login), the event, the new session; the session that the
    /// browser had before ends.
    /// </summary>
    public async Task<(TeamSession Session, string Cookie, TimeSpan Life)> BeginAsync(NewLogin login, Organization organization, string? previousCookie, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(login);
        var cookie = TeamSessionCookie.NewValue();
        var life = DurationOf(organization);
        for (var attempt = 1; ; attempt++)
        {
            await using var unit = store.LightweightSession();
            var now = clock.GetUtcNow();

            // Locked: an identity provider may change or remove the same user at this moment.
            await unit.BeginTransactionAsync(cancellation);
            var known = await unit.QueryAsync<User>("where data ->> 'email' = ? for update", cancellation, login.Email) is [var found, ..] ? found : null;
            var user = (known ?? new User { Id = Guid.NewGuid(), Email = login.Email, CreatedAt = now }).AfterLogin(login.Provider.Id, now);
            var providerGrant = login.Answer is { } answer ? providerGrants.Make(login.LoginId, user.Id, login.Provider, answer, life) : null;
            var session = SessionOf(login, user, cookie, now, life) with { ProviderGrantId = providerGrant?.Id };
            if (known is null)
            {
                unit.Insert(user);
            }
            else
            {
                unit.Store(user);
            }

            unit.Insert(session);
            if (providerGrant is not null)
            {
                unit.Insert(providerGrant);
            }

            if (previousCookie is not null)
            {
                unit.Delete<TeamSession>(TeamSessionCookie.IdOf(previousCookie));
            }

            unit.CorrelationId = login.FlowId;
            unit.LastModifiedBy = login.Email;
            unit.Events.StartStream<LoginRecord>(session.LoginId, new UserLoggedIn(
                user.Id, user.Email, login.Provider.Id, login.Provider.Type, login.ApplicationId, login.ClientAddress, login.FlowId)
                {
                    ProviderSubject = login.Answer?.Subject ?? "",
                });
            try
            {
                await unit.SaveChangesAsync(cancellation);
                return (session, cookie, life);
            }
            catch (DocumentAlreadyExistsException) when (attempt < Attempts)
            {
                // Somebody with this address logged in for the first time just now: read again.
            }
        }
    }

    /// <summary>Ends a session on its user's word.</summary>
    public async Task EndAsync(TeamSession session, string clientAddress, string flowId, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        await using var unit = store.LightweightSession();
        unit.CorrelationId = flowId;
        unit.LastModifiedBy = session.Email;
        unit.Delete<TeamSession>(session.Id);
        unit.Events.Append(session.LoginId, new UserLoggedOut(clientAddress, flowId));
        await unit.SaveChangesAsync(cancellation);
    }

    /// <summary>Ends every other session of a user, in whatever browser; in the name of the one that asks.</summary>
    public async Task EndOthersAsync(TeamSession session, string clientAddress, string flowId, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        int found;
        do
        {
            await using var unit = store.LightweightSession();
            unit.CorrelationId = flowId;
            unit.LastModifiedBy = session.Email;
            var others = await unit.QueryAsync<TeamSession>(
                "where data ->> 'userId' = ? and d.id <> ? limit ?", cancellation, session.UserId.ToString("D"), session.Id, Batch);
            foreach (var other in others)
            {
                unit.Delete<TeamSession>(other.Id);
                unit.Events.Append(other.LoginId, new UserLoggedOut(clientAddress, flowId));
            }

            await unit.SaveChangesAsync(cancellation);
            found = others.Count;
        }
        while (found == Batch);
    }

    /// <summary>Removes sessions whose time is over; returns how many.</summary>
    public async Task<int> RemoveExpiredAsync(int limit, CancellationToken cancellation)
    {
        await using var unit = store.LightweightSession();
        var expired = await unit.QueryAsync<TeamSession>("where (data ->> 'expiresAt')::timestamptz < ? limit ?", cancellation, clock.GetUtcNow().UtcDateTime, limit);
        foreach (var session in expired)
        {
            unit.Delete<TeamSession>(session.Id);
        }

        await unit.SaveChangesAsync(cancellation);
        return expired.Count;
    }

    private static TeamSession SessionOf(NewLogin login, User user, string cookie, DateTimeOffset now, TimeSpan life) => new()
    {
        Id = TeamSessionCookie.IdOf(cookie),
        LoginId = login.LoginId,
        UserId = user.Id,
        Email = user.Email,
        ProviderId = login.Provider.Id,
        ProviderType = login.Provider.Type,
        Claims = login.Answer?.Claims ?? new Dictionary<string, IReadOnlyList<string>>(),
        AuthenticatedAt = now,
        ExpiresAt = now + life,
    };

    private static TimeSpan DurationOf(Organization organization)
        => GoDuration.TryParse(organization.SessionDuration, out var life) && life > TimeSpan.Zero ? life : TimeSpan.FromHours(24);
}

/// <summary>A login that succeeded.</summary>
/// <param name="LoginId">The stream to be.</param>
/// <param name="Email">Normalised, as the provider vouches for it.</param>
/// <param name="Provider">Who vouches.</param>
/// <param name="ApplicationId">The application it was for.</param>
/// <param name="ClientAddress">Where the user was.</param>
/// <param name="FlowId">The flow it belongs to.</param>
public sealed record NewLogin(Guid LoginId, string Email, IdentityProvider Provider, Guid ApplicationId, string ClientAddress, string FlowId)
{
    /// <summary>What another server said about the user; null when this service asked them itself.</summary>
    public ProviderAnswer? Answer { get; init; }
}
