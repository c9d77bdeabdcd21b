using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The messages that the client streams.</summary>
/// <remarks>
/// <c>settled</c> completes when the server has said what it has to say as far as this side can know without reading messages for the caller.
/// </remarks>
internal sealed class ClientStreamWriter<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call, StreamingRequestContent content, Task settled) : IClientStreamWriter<TRequest>
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
        var frame = Serialize(message);
        try
        {
            var stream = await content.Stream.WaitAsync(call.Aborted).ConfigureAwait(false);
            await stream.WriteAsync(frame.Frame, call.Aborted).ConfigureAwait(false);
            frame.Release();
            if ((WriteOptions?.Flags & WriteFlags.BufferHint) != WriteFlags.BufferHint)
            {
                await stream.FlushAsync(call.Aborted).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // The reason is the call's status, if there is one: a server that refuses early stops reading, and that is what is seen here first.
            content.Abort(e);
            await settled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            call.ThrowUnlessOk();
            throw call.HasEnded
                ? new InvalidOperationException("Can't write the message because the call is complete.")
                : new RpcException(TransportErrors.ToStatus(e));
        }
    }

    private FrameWriter Serialize(TRequest message)
    {
        try
        {
            return FrameWriter.Serialize(call.RequestMarshaller, message, call.MaxSendMessageSize);
        }
        catch (Exception e)
        {
            // A message that cannot be sent ends the call: without it the rest would mean something else.
            throw call.Fail(e);
        }
    }
}
