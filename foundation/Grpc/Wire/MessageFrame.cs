using System.Buffers.Binary;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>The five bytes before each message: compressed flag and length, big endian ("Length-Prefixed-Message" of gRPC over HTTP/2).</summary>
internal static class MessageFrame
{
    public const int HeaderSize = 5;

    public static void WriteHeader(Span<byte> destination, int payloadLength)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)payloadLength);
    }

    /// <summary>Length of the payload that follows, checked before a byte of it is waited for.</summary>
    /// <exception cref="RpcException">Compressed or malformed (INTERNAL), or larger than <paramref name="limit"/> (RESOURCE_EXHAUSTED).</exception>
    public static int ReadHeader(ReadOnlySpan<byte> header, int? limit)
    {
        switch (header[0])
        {
            case 0:
                break;
            case 1:
                throw new RpcException(new Status(StatusCode.Internal, "Message is compressed, but the call has no encoding."));
            default:
                throw new RpcException(new Status(StatusCode.Internal, "Unexpected compressed flag in message header."));
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > (uint)(limit ?? Array.MaxLength))
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."));
        }

        return (int)length;
    }
}
