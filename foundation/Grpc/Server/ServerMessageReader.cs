using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>Takes messages out of a request body.</summary>
internal static class ServerMessageReader
{
    /// <summary>The one message of a unary or server streaming request, and the end of the request after it.</summary>
    /// <exception cref="RpcException">INTERNAL: none, more than one or half a message. RESOURCE_EXHAUSTED: too large.</exception>
    public static async ValueTask<T> ReadSingleAsync<T>(PipeReader reader, Marshaller<T> marshaller, int? limit, CancellationToken cancellationToken)
        where T : class
    {
        T? message = null;
        while (true)
        {
            ReadResult result;
            try
            {
                result = await reader.ReadAsync(cancellationToken);
            }
            catch (IOException e)
            {
                throw Unreadable(e);
            }

            var buffer = result.Buffer;
            var consumed = false;
            try
            {
                if (result.IsCanceled)
                {
                    throw new RpcException(new Status(StatusCode.Internal, "Incoming message cancelled."));
                }

                if (message is not null && !buffer.IsEmpty)
                {
                    throw new RpcException(new Status(StatusCode.Internal, "Additional data after the message received."));
                }

                if (message is null && TryTake(ref buffer, limit, out var payload))
                {
                    message = Deserialize(marshaller, payload);
                    consumed = true;
                    if (!buffer.IsEmpty)
                    {
                        throw new RpcException(new Status(StatusCode.Internal, "Additional data after the message received."));
                    }
                }

                if (result.IsCompleted)
                {
                    return message ?? throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));
                }
            }
            finally
            {
                // What is not a whole message yet has been examined: the next read waits for more.
                reader.AdvanceTo(consumed ? buffer.Start : result.Buffer.Start, consumed ? buffer.Start : result.Buffer.End);
            }
        }
    }

    /// <summary>The next message of a request stream, or null at its end.</summary>
    /// <exception cref="RpcException">As <see cref="ReadSingleAsync"/>.</exception>
    public static async ValueTask<T?> ReadNextAsync<T>(PipeReader reader, Marshaller<T> marshaller, int? limit, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            ReadResult result;
            try
            {
                result = await reader.ReadAsync(cancellationToken);
            }
            catch (IOException e)
            {
                throw Unreadable(e);
            }

            var buffer = result.Buffer;
            var consumed = false;
            try
            {
                if (result.IsCanceled)
                {
                    throw new RpcException(new Status(StatusCode.Internal, "Incoming message cancelled."));
                }

                if (TryTake(ref buffer, limit, out var payload))
                {
                    consumed = true;
                    return Deserialize(marshaller, payload);
                }

                if (result.IsCompleted)
                {
                    return buffer.IsEmpty ? null : throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));
                }
            }
            finally
            {
                reader.AdvanceTo(consumed ? buffer.Start : result.Buffer.Start, consumed ? buffer.Start : result.Buffer.End);
            }
        }
    }

    private static RpcException Unreadable(IOException exception) => new(exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new Status(StatusCode.ResourceExhausted, "The request is larger than the server's limit for request bodies.", exception),
        BadHttpRequestException => new Status(StatusCode.Internal, "The request could not be read.", exception),
        _ => new Status(StatusCode.Cancelled, "The client gave up its request.", exception),
    });

    private static T Deserialize<T>(Marshaller<T> marshaller, ReadOnlySequence<byte> payload)
    {
        try
        {
            return marshaller.ContextualDeserializer(new Payload(payload));
        }
        catch (Exception e) when (e is not RpcException)
        {
            // Whatever the deserializer dislikes is the sender's mistake and not the handler's.
            throw new RpcException(new Status(StatusCode.Internal, "The request message could not be deserialized.", e));
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> buffer, int? limit, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (buffer.Length < MessageFrame.HeaderSize)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[MessageFrame.HeaderSize];
        buffer.Slice(0, MessageFrame.HeaderSize).CopyTo(header);
        var length = MessageFrame.ReadHeader(header, limit);
        if (buffer.Length < MessageFrame.HeaderSize + (long)length)
        {
            return false;
        }

        payload = buffer.Slice(MessageFrame.HeaderSize, length);
        buffer = buffer.Slice(payload.End);
        return true;
    }
}
