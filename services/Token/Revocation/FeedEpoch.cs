using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.Token.Revocation;

/// <summary>Names the database, so that an edge notices when it is another one and its positions mean nothing.</summary>
public sealed class FeedEpoch
{
    private const string OnlyId = "feed";

    public string Id { get; set; } = OnlyId;

    public Guid Value { get; set; }

    /// <summary>The epoch of this database; made at the first start, by whichever replica is first.</summary>
    public static async Task<string> ReadAsync(IDocumentStore store, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(store);
        for (var attempt = 0; ; attempt++)
        {
            await using var session = store.LightweightSession();
            if (await session.LoadAsync<FeedEpoch>(OnlyId, cancellation) is { } known)
            {
                return known.Value.ToString("N");
            }

            session.Insert(new FeedEpoch { Value = Guid.NewGuid() });
            try
            {
                await session.SaveChangesAsync(cancellation);
            }
            catch (DocumentAlreadyExistsException) when (attempt < 3)
            {
                // Another replica was first: read its value.
            }
        }
    }
}
