using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>Reads the revocation feed from the last position on.</summary>
internal sealed class RevocationReader(
    RevocationFeed.RevocationFeedClient client, RevocationList revocations, TimeProvider clock, ILogger<RevocationReader> logger)
    : FeedLoop("revocation", clock, logger)
{
    // Frames come at least once a second.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);

    protected override async Task ReadAsync(Action progressed, CancellationToken cancellation)
    {
        revocations.Begin();
        var known = revocations.Current;
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var call = client.Watch(new RevocationRequest { AfterPosition = known.Position, Epoch = known.Epoch }, cancellationToken: reading.Token);
        try
        {
            while (await call.ResponseStream.MoveNext(reading.Token).WaitAsync(s_silence, Clock, cancellation))
            {
                revocations.Apply(call.ResponseStream.Current);
                progressed();
            }
        }
        finally
        {
            // Also when it was our own patience that ended it: the call must not go on behind our back.
            await reading.CancelAsync();
        }
    }
}
