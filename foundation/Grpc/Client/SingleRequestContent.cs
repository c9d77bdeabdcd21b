using System.Net;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>One message.</summary>
internal sealed class SingleRequestContent(FrameWriter frame) : RequestContent
{
    private volatile bool _sent;

    /// <summary>
    /// Gives the buffer back to the pool, but only if the transport is known to have copied it: after a cancelled or failed send it may
    /// still read from it, and the bytes of the buffer's next user would go out in this call.
    /// </summary>
    public override void Release()
    {
        if (_sent)
        {
            frame.Release();
        }
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Started = true;
        await stream.WriteAsync(frame.Frame, cancellationToken).ConfigureAwait(false);
        _sent = true;
    }
}
