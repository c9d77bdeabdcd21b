using System.Net;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.AuthorizationServer.Users;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults.RateLimits;
using ManagedOAuth.ServiceDefaults.Snapshots;
using ManagedOAuth.ServiceDefaults.Store;
using Marten;
using Marten.Events;
using Marten.Exceptions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>Records in the stream of a login what came of it, and in the same transaction the line of the authentication log that the event makes.</summary>
public sealed class AccessLog(IDocumentStore store, IOptions<AccessLogOptions> options, RateLimiter limiter, IConfigurationSnapshots snapshots, TimeProvider clock) : IReadModel
{
    private const int Attempts = 5;
    private const int PageSize = 500;

    // Whoever has no account makes these lines: what is beyond is counted in the metrics alone.
    private static readonly RateLimit s_failures = RateLimit.PerMinute("login-failures", 60);

    /// <inheritdoc/>
    public string Name => nameof(AccessRequest);

    /// <summary>Records that a user was let in.</summary>
    public Task AllowedAsync(Transaction transaction, TeamSession session, PolicyDecision decision, string clientAddress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(decision);
        var allowed = new AccessAllowed(
            session.UserId,
            session.Email,
            session.ProviderId,
            session.ProviderType,
            transaction.ApplicationId,
            transaction.Authorization?.ClientId ?? "",
            decision.PolicyId,
            decision.PolicyName,
            decision.PolicyVersion,
            decision.Rule,
            clientAddress,
            transaction.FlowId)
        {
            At = AccessRequest.Microseconds(clock.GetUtcNow()),
            Country = CountryOf(clientAddress),
        };
        return AppendAsync(session, transaction.FlowId, allowed, cancellation);
    }

    /// <summary>Records that a user was kept out.</summary>
    public Task DeniedAsync(TeamSession session, AccessDenied denied, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(denied);
        var recorded = denied with { At = AccessRequest.Microseconds(clock.GetUtcNow()), ProviderId = session.ProviderId, ProviderType = session.ProviderType, Country = CountryOf(denied.ClientAddress) };
        return AppendAsync(session, denied.FlowId, recorded, cancellation);
    }

    /// <summary>Records that somebody did not prove who they are; of one source sixty times a minute.</summary>
    /// <param name="transaction">The login.</param>
    /// <param name="provider">By which provider.</param>
    /// <param name="email">The address that was given, normalised; empty where there is none that counts.</param>
    /// <param name="reason">That of <see cref="LoginFailed"/>.</param>
    /// <param name="source">Where the browser is.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task FailedAsync(
        Transaction transaction, (Guid Id, string Type) provider, string email, string reason, IPAddress source, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(source);
        if (!(await limiter.AcquireAsync(s_failures, RateLimitSubjects.Source(source), cancellation)).IsAllowed)
        {
            return;
        }

        await using var unit = store.LightweightSession();
        unit.CorrelationId = transaction.FlowId;
        var user = await unit.QueryAsync<User>("where data ->> 'email' = ?", cancellation, email) is [var found, ..] ? found.Id : Guid.Empty;
        var failed = new LoginFailed(
            reason,
            user,
            email,
            provider.Id,
            provider.Type,
            transaction.ApplicationId,
            transaction.Authorization?.ClientId ?? "",
            source.ToString(),
            transaction.FlowId,
            AccessRequest.Microseconds(clock.GetUtcNow()))
        {
            Country = CountryOf(source.ToString()),
        };
        unit.Store(LineOf(unit.Events.StartStream<LoginRecord>(Guid.NewGuid(), failed).Events[^1])!);
        await unit.SaveChangesAsync(cancellation);
    }

    /// <summary>Makes the lines anew from the events, as far back as they are kept.</summary>
    public async Task RebuildAsync(CancellationToken cancellation)
    {
        await using (var unit = store.LightweightSession())
        {
            unit.DeleteWhere<AccessRequest>("where true");
            await unit.SaveChangesAsync(cancellation);
        }

        var query = new EventQuery { EventTypes = [typeof(AccessAllowed), typeof(AccessDenied), typeof(LoginFailed)], From = clock.GetUtcNow() - options.Value.Kept, After = 0, PageSize = PageSize };
        while (true)
        {
            await using var unit = store.LightweightSession();
            var events = (await unit.Events.QueryEventsAsync(query, cancellation)).Events;
            foreach (var e in events)
            {
                if (LineOf(e) is { } line)
                {
                    unit.Store(line.Connection.Length == 0 ? await WithProviderAsync(unit, line, cancellation) : line);
                }
            }

            await unit.SaveChangesAsync(cancellation);
            if (events.Count < PageSize)
            {
                return;
            }

            query = query with { After = events[^1].Sequence };
        }
    }

    /// <summary>Removes lines whose time is over; returns how many. The events stay.</summary>
    public async Task<int> RemoveExpiredAsync(int limit, CancellationToken cancellation)
    {
        await using var unit = store.LightweightSession();
        var table = $"{store.Options.DatabaseSchemaName}.mt_doc_accessrequest";
        return await unit.ExecuteAsync(
            $"delete from {table} where id in (select d.id from {table} d where ((d.data ->> 'at')::bigint) < ? limit ?)",
            cancellation,
            AccessRequest.Microseconds(clock.GetUtcNow() - options.Value.Kept),
            limit);
    }

    private string CountryOf(string address) => snapshots.Current.Countries?.Of(address) ?? "";

    private static AccessRequest? LineOf(IEvent e) => AccessRequest.Of(e.Data, e.Id, e.StreamId, e.Timestamp);

    // Old denials do not name the provider; the login that they belong to does.
    private static async Task<AccessRequest> WithProviderAsync(IDocumentSession unit, AccessRequest line, CancellationToken cancellation)
        => await unit.Events.FetchStreamAsync(line.LoginId, version: 1, ct: cancellation) is [{ Data: UserLoggedIn login }, ..]
            ? line with { ProviderId = login.ProviderId, Connection = login.ProviderType }
            : line;

    private async Task AppendAsync(TeamSession session, string flowId, object happened, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var unit = store.LightweightSession();
            unit.CorrelationId = flowId;
            unit.LastModifiedBy = session.Email;
            if (LineOf(unit.Events.Append(session.LoginId, happened).Events[^1]) is { } line)
            {
                unit.Store(line);
            }

            try
            {
                await unit.SaveChangesAsync(cancellation);
                return;
            }
            catch (EventStreamUnexpectedMaxEventIdException) when (attempt < Attempts)
            {
                // Another tab of the same login recorded something in between: append after it.
            }
        }
    }
}
