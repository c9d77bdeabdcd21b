using System.Buffers;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>Both directions of an upgraded connection (WebSocket), until one side ends.</summary>
internal static class Duplex
{
    private const int BufferSize = 16 * 1024;

    // The other side gets this long to say its last words after the client has ended.
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(5);

    public static async Task CopyAsync(Stream client, Stream origin, ActivityTimeout activity)
    {
        var up = OneWayAsync(client, origin, activity);
        var down = OneWayAsync(origin, client, activity);
        if (await Task.WhenAny(up, down) == up)
        {
            activity.ChangeLimit(s_farewell);
        }
        else
        {
            activity.Stop();
        }

        await Task.WhenAll(up, down);
    }

    private static async Task OneWayAsync(Stream from, Stream to, ActivityTimeout activity)
    {
        try
        {
            while (true)
            {
                _ = await from.ReadAsync(Memory<byte>.Empty, activity.Token);
                var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                try
                {
                    var count = await from.ReadAsync(buffer, activity.Token);
                    if (count == 0)
                    {
                        return;
                    }

                    await to.WriteAsync(buffer.AsMemory(0, count), activity.Token);
                    await to.FlushAsync(activity.Token);
                    activity.Progress();
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The end of a connection, whoever brought it about.
        }
    }
}
