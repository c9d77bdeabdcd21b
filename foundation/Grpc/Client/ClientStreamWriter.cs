using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The messages that the client streams.</summary>
internal sealed class ClientStreamWriter<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call, StreamingRequestContent content) : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private int _writing;
    private volatile bool _completed;

    public WriteOptions? WriteOptions { get; set; } = call.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            if (_completed)
            {
                throw new InvalidOperationException("Can't write the message because the stream is complete.");
            }

            using var registration = cancellationToken.UnsafeRegister(
                static call => ((GrpcCall<TRequest, TResponse>)call!).CancelByCaller(), call);
            await WriteCoreAsync(message).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public Task CompleteAsync()
    {
        _completed = true;
        content.End();
        return Task.CompletedTask;
    }

    private async ValueTask WriteCoreAsync(TRequest message)
    {
        try
        {
            var stream = await content.Stream.WaitAsync(call.Aborted).ConfigureAwait(false);
            var frame = FrameWriter.Serialize(call.RequestMarshaller, message, call.MaxSendMessageSize);
            await stream.WriteAsync(frame.Frame, call.Aborted).ConfigureAwait(false);
            frame.Release();
            if ((WriteOptions?.Flags & WriteFlags.BufferHint) != WriteFlags.BufferHint)
            {
                await stream.FlushAsync(call.Aborted).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // A half-sent message makes the stream unusable: the call ends, and its status is what the writer learns.
            throw call.Fail(e);
        }
    }
}
