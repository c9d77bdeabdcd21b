using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>The messages that the handler streams. Each is flushed at once unless its write options say that another follows.</summary>
internal sealed class HttpContextStreamWriter<T>(HttpContextServerCallContext call, Marshaller<T> marshaller) : IServerStreamWriter<T>
    where T : class
{
    private int _writing;
    private volatile bool _ended;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            await WriteCoreAsync(message, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    /// <summary>The handler has returned: a write that it left in the background fails instead of touching a finished response.</summary>
    public void End() => _ended = true;

    private async ValueTask WriteCoreAsync(T message, CancellationToken cancellationToken)
    {
        var http = call.HttpContext;
        if (_ended || http.RequestAborted.IsCancellationRequested)
        {
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        }

        var frame = FrameWriter.Serialize(marshaller, message, call.Options.MaxSendMessageSize);
        var written = await call.TryWriteAsync(frame);
        frame.Release();
        if (!written)
        {
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        }

        if (((WriteOptions ?? call.WriteOptions)?.Flags & WriteFlags.BufferHint) == WriteFlags.BufferHint)
        {
            return;
        }

        // A cancelled write leaves a message half sent: only ending the whole call keeps the stream well formed.
        await using var registration = cancellationToken.UnsafeRegister(static http => ((HttpContext)http!).Abort(), http);
        var result = await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        if (result.IsCompleted && !call.IsComplete)
        {
            throw new OperationCanceledException("Request aborted while sending the message.");
        }
    }
}
