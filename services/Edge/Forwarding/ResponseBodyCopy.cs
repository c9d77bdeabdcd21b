using System.Buffers;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>Copies an answer to the client: whatever has arrived is sent at once, and while nothing arrives no memory is held for it.</summary>
internal static class ResponseBodyCopy
{
    private const int BufferSize = 64 * 1024;

    /// <param name="from">The origin's body.</param>
    /// <param name="response">Where it goes.</param>
    /// <param name="activity">Told of progress; ends the copy.</param>
    /// <param name="onWait">Called once, when the answer turns out to be one that takes time.</param>
    /// <returns>None, ResponseBody (the origin broke off) or ClientGone.</returns>
    public static async Task<ForwarderError> CopyAsync(Stream from, HttpResponse response, ActivityTimeout activity, Action? onWait)
    {
        while (true)
        {
            try
            {
                // A read of nothing ends when there is something to read: only then is a buffer taken.
                var arrival = from.ReadAsync(Memory<byte>.Empty, activity.Token);
                if (!arrival.IsCompleted)
                {
                    onWait?.Invoke();
                    onWait = null;
                    if (!response.HasStarted)
                    {
                        // The head of a stream must not wait for its first event.
                        await response.Body.FlushAsync(activity.Token);
                    }
                }

                await arrival;
            }
            catch (Exception failure) when (IsNetwork(failure))
            {
                return ForwarderError.ResponseBody;
            }

            var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            try
            {
                var (count, error) = await MoveAsync(from, response, buffer, activity);
                if (count == 0)
                {
                    return error;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static async ValueTask<(int Count, ForwarderError Error)> MoveAsync(Stream from, HttpResponse response, byte[] buffer, ActivityTimeout activity)
    {
        int count;
        try
        {
            count = await from.ReadAsync(buffer, activity.Token);
        }
        catch (Exception failure) when (IsNetwork(failure))
        {
            return (0, ForwarderError.ResponseBody);
        }

        if (count == 0)
        {
            return (0, ForwarderError.None);
        }

        activity.Progress();
        try
        {
            await response.Body.WriteAsync(buffer.AsMemory(0, count), activity.Token);
        }
        catch (Exception failure) when (IsNetwork(failure))
        {
            return (0, ForwarderError.ClientGone);
        }

        activity.Progress();
        return (count, ForwarderError.None);
    }

    // Kestrel says InvalidOperationException when an origin sends more than it announced.
    private static bool IsNetwork(Exception failure)
        => failure is IOException or HttpRequestException or OperationCanceledException or InvalidOperationException;
}
