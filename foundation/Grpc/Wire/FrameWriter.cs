using System.Buffers;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Serializes one message, with its frame header, into a pooled array.</summary>
/// <remarks>
/// <see cref="Release"/> gives the array back. Whoever cannot prove that the transport is done with it (a cancelled or failed send)
/// must not call it: the garbage collector takes the array then, and no other call's bytes can appear in this one.
/// </remarks>
internal sealed class FrameWriter : SerializationContext, IBufferWriter<byte>
{
    private const int InitialSize = 256;

    private readonly int? _limit;
    private byte[] _buffer = [];
    private int _length = MessageFrame.HeaderSize;
    private bool _complete;

    private FrameWriter(int? limit) => _limit = limit;

    /// <summary>Header and payload.</summary>
    public ReadOnlyMemory<byte> Frame => _buffer.AsMemory(0, _length);

    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is larger than <paramref name="limit"/> bytes.</exception>
    public static FrameWriter Serialize<T>(Marshaller<T> marshaller, T message, int? limit)
    {
        var writer = new FrameWriter(limit);
        marshaller.ContextualSerializer(message, writer);
        if (!writer._complete)
        {
            throw new InvalidOperationException("The serializer did not complete the message.");
        }

        MessageFrame.WriteHeader(writer._buffer, writer._length - MessageFrame.HeaderSize);
        return writer;
    }

    public void Release()
    {
        var buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        CheckLimit(payloadLength);
        Reserve(payloadLength);
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        Reserve(0);
        return this;
    }

    public override void Complete()
    {
        Reserve(0);
        CheckLimit(_length - MessageFrame.HeaderSize);
        _complete = true;
    }

    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        CheckLimit(payload.Length);
        Reserve(payload.Length);
        payload.CopyTo(_buffer.AsSpan(_length));
        _length += payload.Length;
        _complete = true;
    }

    public void Advance(int count)
    {
        if (count < 0 || count > _buffer.Length - _length)
        {
            throw new ArgumentOutOfRangeException(nameof(count));
        }

        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    private void CheckLimit(int payloadLength)
    {
        if (payloadLength > _limit)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
        }
    }

    private void Reserve(int more)
    {
        if (_buffer.Length - _length >= more && _buffer.Length > 0)
        {
            return;
        }

        var bigger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(InitialSize, checked(_length + more)), (int)Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        if (_buffer.Length > 0)
        {
            _buffer.AsSpan(0, _length).CopyTo(bigger);
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = bigger;
    }
}
