using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>Reads the feed of sealing keys and published signing keys.</summary>
internal sealed class KeysReader(Keys.KeysClient client, KeyRing keys, TimeProvider clock, ILogger<KeysReader> logger)
    : FeedLoop("key", clock, logger)
{
    // Frames come at least every 30 s.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(75);

    protected override async Task ReadAsync(Action progressed, CancellationToken cancellation)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        keys.Begin();
        using var call = client.Watch(new KeysRequest { TakesParts = true }, cancellationToken: reading.Token);
        try
        {
            while (await call.ResponseStream.MoveNext(reading.Token).WaitAsync(s_silence, Clock, cancellation))
            {
                keys.Apply(call.ResponseStream.Current);
                progressed();
            }
        }
        finally
        {
            await reading.CancelAsync();
        }
    }
}
