using System.Buffers;
using System.Net;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>
/// The client's body as the content of the outgoing request: copied as it comes, never collected, never read before the origin's
/// connection stands (so that <c>Expect: 100-continue</c> keeps its meaning).
/// </summary>
internal sealed class RequestBodyContent(Stream body, long? length, ActivityTimeout activity) : HttpContent
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Copying has begun: the request cannot be sent a second time.</summary>
    public bool Started { get; private set; }

    /// <summary>Why reading from the client failed; null when it did not.</summary>
    public Exception? ClientFailure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Started)
        {
            throw new InvalidOperationException("A body is sent once.");
        }

        Started = true;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            // The head goes out now: an origin may answer before the first byte of the body has come.
            await stream.FlushAsync(activity.Token);
            var copied = 0L;
            while (true)
            {
                var read = await ReadAsync(buffer);
                if (read == 0)
                {
                    break;
                }

                copied += read;
                activity.Progress();
                await stream.WriteAsync(buffer.AsMemory(0, read), activity.Token);
                await stream.FlushAsync(activity.Token);
                activity.Progress();
            }

            if (length is { } promised && copied != promised)
            {
                ClientFailure = new IOException("The body ended before its announced length.");
                throw ClientFailure;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length ?? 0;
        return length is not null;
    }

    private async ValueTask<int> ReadAsync(byte[] buffer)
    {
        try
        {
            return await body.ReadAsync(buffer, activity.Token);
        }
        catch (Exception failure)
        {
            // Recorded and passed on: it tells the client's fault from the origin's.
            ClientFailure = failure;
            throw;
        }
    }
}
