using System.Net;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The body of a call: its length is not announced, and it knows whether the transport has begun to take it.</summary>
internal abstract class RequestContent : HttpContent
{
    protected RequestContent() => Headers.TryAddWithoutValidation("Content-Type", GrpcContentType.Value);

    /// <summary>The transport has asked for the body. Until then the same content can be sent elsewhere.</summary>
    public bool Started { get; protected set; }

    /// <summary>The call no longer needs the body.</summary>
    public abstract void Release();

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected abstract override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken);

    protected sealed override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
