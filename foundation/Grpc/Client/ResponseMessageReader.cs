using System.Buffers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Takes messages out of a response body. Holds no buffer while it waits for the next message of a stream.</summary>
internal sealed class ResponseMessageReader(Stream body, int? limit)
{
    private const int InitialSize = 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private int _payloadLength;

    /// <summary>The message that <see cref="FillAsync"/> found; valid until <see cref="Advance"/>.</summary>
    public ReadOnlySequence<byte> Payload => new(_buffer, _start + MessageFrame.HeaderSize, _payloadLength);

    /// <summary>Waits for a whole message. False at the end of the body.</summary>
    /// <exception cref="RpcException">The body ends inside a message, or the message is too large or compressed.</exception>
    public async ValueTask<bool> FillAsync(bool waitIdle, CancellationToken cancellationToken)
    {
        while (true)
        {
            var have = _end - _start;
            var need = MessageFrame.HeaderSize;
            if (have >= MessageFrame.HeaderSize)
            {
                _payloadLength = MessageFrame.ReadHeader(_buffer.AsSpan(_start, MessageFrame.HeaderSize), limit);
                need = checked(MessageFrame.HeaderSize + _payloadLength);
                if (have >= need)
                {
                    return true;
                }
            }

            if (have == 0 && waitIdle)
            {
                // An empty read completes when there is something to read.
                await body.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            }

            Reserve(need);
            var read = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                if (have != 0)
                {
                    throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));
                }

                ReturnBuffer();
                return false;
            }

            _end += read;
        }
    }

    /// <summary>Done with the message: its bytes may be overwritten.</summary>
    public void Advance()
    {
        _start += MessageFrame.HeaderSize + _payloadLength;
        if (_start == _end)
        {
            ReturnBuffer();
        }
    }

    private void Reserve(int need)
    {
        if (_buffer.Length - _start >= need && _end < _buffer.Length)
        {
            return;
        }

        var target = _buffer.Length >= need && _start > 0 ? _buffer : ArrayPool<byte>.Shared.Rent(Math.Max(need, InitialSize));
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        if (target != _buffer && _buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = target;
        _end -= _start;
        _start = 0;
    }

    /// <summary>Only ever called by the reading side and never after a failed read, so nobody else can still write to it.</summary>
    private void ReturnBuffer()
    {
        var buffer = _buffer;
        _buffer = [];
        _start = _end = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
