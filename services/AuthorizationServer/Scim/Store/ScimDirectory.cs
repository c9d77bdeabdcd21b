using ManagedOAuth.AuthorizationServer.Scim.Queries;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.AuthorizationServer.Scim.Store;

/// <summary>The provisioned users and groups of identity providers: reads, and changes that are decided again when somebody else was faster.</summary>
public sealed class ScimDirectory(IDocumentStore store, IServiceScopeFactory scopes, ServiceName service, TimeProvider clock)
{
    private const int Attempts = 5;

    /// <summary>Opens a session to read with.</summary>
    public IQuerySession Read() => store.QuerySession();

    /// <summary>Makes a change: decides on what there is, saves, and begins anew when somebody else changed it meanwhile.</summary>
    /// <param name="provider">Who changes.</param>
    /// <param name="flowId">The trace.</param>
    /// <param name="line">The log's line for what came of it.</param>
    /// <param name="decide">Puts the events into the change; may run several times.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<T> ChangeAsync<T>(
        IdentityProvider provider, string flowId, Func<T, ScimUpdate> line, Func<ScimChange, Task<T>> decide, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(decide);
        for (var attempt = 1; ; attempt++)
        {
            var unit = store.LightweightSession();
            unit.LastModifiedBy = $"identity-provider:{provider.Id}";
            unit.CorrelationId = flowId;
            await using var change = new ScimChange(unit, scopes.CreateAsyncScope(), provider, clock.GetUtcNow());
            try
            {
                var result = await decide(change);
                await change.SaveAsync(line(result), cancellation);
                return result;
            }
            catch (MartenException raced) when (raced is EventStreamUnexpectedMaxEventIdException or DocumentAlreadyExistsException && attempt < Attempts)
            {
                // Another request of the provider, or a first login of the same person, was faster: decide on what it left.
            }
        }
    }

    /// <summary>Writes a line of the log by itself: for what was refused.</summary>
    public async Task LogAsync(ScimUpdate line, CancellationToken cancellation)
    {
        await using var unit = store.LightweightSession();
        unit.Store(line);
        await unit.SaveChangesAsync(cancellation);
    }

    /// <summary>The groups that users are in, by user.</summary>
    public async Task<ILookup<Guid, ScimGroup>> GroupsOfAsync(IQuerySession session, IReadOnlyCollection<Guid> users, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(users);
        if (users.Count == 0)
        {
            return Array.Empty<(Guid, ScimGroup)>().ToLookup(pair => pair.Item1, pair => pair.Item2);
        }

        var texts = users.Select(id => id.ToString()).ToArray();
        var memberships = await session.QueryAsync<ScimMembership>("where (data ->> 'userId') = any(?)", cancellation, (object)texts);
        var groups = await session.QueryAsync<ScimGroup>("where d.id = any(?)", cancellation, (object)memberships.Select(membership => membership.GroupId).Distinct().ToArray());
        var byId = groups.Where(group => !group.Removed).ToDictionary(group => group.Id);
        return memberships.Where(membership => byId.ContainsKey(membership.GroupId)).ToLookup(membership => membership.UserId, membership => byId[membership.GroupId]);
    }

    /// <summary>Ids and names of the members of groups, by group: what is shown of them.</summary>
    public async Task<ILookup<Guid, (Guid Id, string Name)>> MemberNamesOfAsync(IEnumerable<Guid> groups, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var members = await session.SelectAsync(
            $"""
            select (m.data ->> 'groupId')::uuid, u.id, coalesce(nullif(u.data -> 'state' ->> 'displayName', ''), u.data -> 'state' ->> 'userName')
            from {service.Schema}.mt_doc_scimmembership m join {service.Schema}.mt_doc_scimuser u on u.id = (m.data ->> 'userId')::uuid
            where (m.data ->> 'groupId') = any(?) and not ((u.data ->> 'removed')::boolean) order by u.id
            """,
            row => (Group: row.GetGuid(0), Member: (row.GetGuid(1), row.GetString(2))),
            cancellation,
            (object)groups.Select(id => id.ToString()).ToArray());

        return members.ToLookup(pair => pair.Group, pair => pair.Member);
    }

    /// <summary>The members of a group.</summary>
    public async Task<IReadOnlyList<ScimUser>> MembersOfAsync(IQuerySession session, Guid group, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        return await session.QueryAsync<ScimUser>(
            $"where d.id in (select (m.data ->> 'userId')::uuid from {service.Schema}.mt_doc_scimmembership m where (m.data ->> 'groupId') = ?) and not ((data ->> 'removed')::boolean) order by d.id",
            cancellation,
            group.ToString());
    }

    /// <summary>One page of users or groups, and how many there are.</summary>
    public async Task<(IReadOnlyList<T> Page, long Total)> ListAsync<T>(
        IQuerySession session, Guid providerId, ScimFilter? filter, int offset, int count, CancellationToken cancellation)
        where T : class, IScimResource
    {
        ArgumentNullException.ThrowIfNull(session);
        var isUsers = typeof(T) == typeof(ScimUser);
        var (condition, values) = filter is null ? ("true", (IReadOnlyList<object>)[]) : isUsers ? ScimFilterSql.OfUsers(filter) : ScimFilterSql.OfGroups(filter);
        var conditions = $"(data ->> 'providerId') = ? and not ((data ->> 'removed')::boolean) and {condition}";
        object[] all = [providerId.ToString(), .. values];
        var page = count == 0 ? [] : await session.QueryAsync<T>($"where {conditions} order by d.id limit ? offset ?", cancellation, [.. all, count, offset]);
        return (page, await session.CountAsync<T>(conditions, cancellation, all));
    }
}
