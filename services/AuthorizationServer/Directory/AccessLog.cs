using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Policies;
using Marten;
using Marten.Events;
using Marten.Exceptions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>Records in the stream of a login what came of it, and in the same transaction the line of the authentication log that the event makes.</summary>
public sealed class AccessLog(IDocumentStore store, IOptions<AccessLogOptions> options, TimeProvider clock)
{
    private const int Attempts = 5;
    private const int PageSize = 500;

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
        };
        return AppendAsync(session, transaction.FlowId, allowed, cancellation);
    }

    /// <summary>Records that a user was kept out.</summary>
    public Task DeniedAsync(TeamSession session, AccessDenied denied, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(denied);
        var recorded = denied with { At = AccessRequest.Microseconds(clock.GetUtcNow()), ProviderId = session.ProviderId, ProviderType = session.ProviderType };
        return AppendAsync(session, denied.FlowId, recorded, cancellation);
    }

    /// <summary>Makes the lines anew from the events, as far back as they are kept.</summary>
    public async Task RebuildAsync(CancellationToken cancellation)
    {
        await using (var unit = store.LightweightSession())
        {
            unit.DeleteWhere<AccessRequest>("where true");
            await unit.SaveChangesAsync(cancellation);
        }

        var query = new EventQuery { EventTypes = [typeof(AccessAllowed), typeof(AccessDenied)], From = clock.GetUtcNow() - options.Value.Kept, After = 0, PageSize = PageSize };
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
