using ManagedOAuth.ServiceDefaults;
using Marten;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>Counts documents by a member of theirs; the document store itself counts only all of them together.</summary>
public sealed class DocumentCounts(IDocumentStore store, ServiceName service)
{
    /// <summary>How many there are of each of some values of one member; none of a value that no document has.</summary>
    /// <param name="table">The document's name in its table's, in lower case.</param>
    /// <param name="member">The member, as SQL about <c>d</c>.</param>
    /// <param name="keys">Its values.</param>
    /// <param name="conditions">What else has to hold, as SQL without values.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<IReadOnlyDictionary<string, long>> CountByAsync(string table, string member, IReadOnlyList<string> keys, string conditions, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var counts = await session.SelectAsync(
            $"select {member}, count(*) from {service.Schema}.mt_doc_{table} d where {member} = any(?) and {conditions} group by 1",
            row => KeyValuePair.Create(row.GetString(0), row.GetInt64(1)),
            cancellation,
            (object)keys.ToArray());
        return counts.ToDictionary(StringComparer.Ordinal);
    }
}
