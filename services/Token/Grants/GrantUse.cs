using Marten;

namespace ManagedOAuth.Token.Grants;

/// <summary>When a grant or browser session was used last, as the edges saw it; to some minutes. No event: it changes nothing that anybody decided.</summary>
/// <param name="Id">The grant.</param>
/// <param name="At">When.</param>
public sealed record GrantUse(Guid Id, DateTimeOffset At);

/// <summary>Keeps when grants were used.</summary>
public sealed class GrantUseLog(IDocumentStore store)
{
    /// <summary>Notes uses; a time that is older than what is known changes nothing.</summary>
    public async Task NoteAsync(IReadOnlyDictionary<Guid, DateTimeOffset> uses, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(uses);
        await using var session = store.LightweightSession();

        // Locked in one order, so that of the reports of two edges neither overwrites a later time nor waits for one that waits for it.
        await session.BeginTransactionAsync(cancellation);
        var known = (await session.QueryAsync<GrantUse>("where d.id = any(?) order by d.id for update", cancellation, uses.Keys.ToArray())).ToDictionary(use => use.Id, use => use.At);
        foreach (var (id, at) in uses.OrderBy(use => use.Key))
        {
            if (!known.TryGetValue(id, out var before) || before < at)
            {
                session.Store(new GrantUse(id, at));
            }
        }

        await session.SaveChangesAsync(cancellation);
    }

    /// <summary>When these grants were used last; those of which nothing is known are left out.</summary>
    public static async Task<IReadOnlyDictionary<Guid, DateTimeOffset>> OfAsync(IQuerySession session, IEnumerable<Guid> grants, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        var found = await session.QueryAsync<GrantUse>("where d.id = any(?)", cancellation, grants.ToArray());
        return found.ToDictionary(use => use.Id, use => use.At);
    }
}
