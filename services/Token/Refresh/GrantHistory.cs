using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Token.Secrets;
using Marten;
using Marten.Events;

namespace ManagedOAuth.Token.Refresh;

/// <summary>
/// Recognises a refresh token that once was a grant's own. A stranger who knows a grant's id can make up tokens that name it; only one that
/// is in the history counts as a replay and ends the grant.
/// </summary>
public sealed class GrantHistory(IDocumentStore store)
{
    /// <summary>Which refresh token of the grant this was: 1 = the first; 0 = none.</summary>
    public async Task<int> GenerationOfAsync(Guid grantId, string hash, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var query = new EventQuery { StreamId = grantId, EventTypes = [typeof(GrantIssued), typeof(GrantRefreshed)], PageSize = 1000 };
        var generation = 0;
        await foreach (var entry in session.Events.StreamEventsAsync(query, cancellation))
        {
            generation++;
            var known = entry.Data is GrantRefreshed refreshed ? refreshed.RefreshTokenHash : ((GrantIssued)entry.Data).RefreshTokenHash;
            if (GrantSecret.HashEquals(known, hash))
            {
                return generation;
            }
        }

        return 0;
    }
}
