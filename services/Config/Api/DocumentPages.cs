using Marten;

namespace ManagedOAuth.Config.Api;

/// <summary>Pages of stored documents, cut by the database.</summary>
public sealed class DocumentPages(IDocumentStore store)
{
    /// <summary>One page of the documents that fulfil conditions, and how many do.</summary>
    /// <param name="paging">Which page.</param>
    /// <param name="order">What follows <c>order by</c>.</param>
    /// <param name="conditions">What follows <c>where</c>: code, with a <c>?</c> for each value. The table's alias is <c>d</c>.</param>
    /// <param name="values">The values.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(IReadOnlyList<T> Items, long Total)> ReadAsync<T>(Paging paging, string order, string conditions, IReadOnlyList<string> values, CancellationToken ct)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(paging);
        ArgumentNullException.ThrowIfNull(conditions);
        ArgumentNullException.ThrowIfNull(values);
        await using var session = store.QuerySession();
        var items = await session.QueryAsync<T>(
            $"where {conditions} order by {order} limit ? offset ?", ct, [.. values, paging.PerPage, (paging.Page - 1L) * paging.PerPage]);
        return (items, await session.CountAsync<T>(conditions, ct, [.. values]));
    }
}
