using System.Net;

namespace Grpc.Net.Client;

/// <summary>Messages that are written one by one while the call runs.</summary>
internal sealed class StreamingRequestContent : RequestContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where to write, once the request has been sent.</summary>
    public Task<Stream> Stream => _stream.Task;

    public override void Release()
    {
        // Each message's buffer is the writer's business.
    }

    public void End() => _end.TrySetResult();

    /// <summary>A message was lost on the way: the transport resets the stream.</summary>
    public void Abort(Exception reason) => _end.TrySetException(reason);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Started = true;

        // Headers go out now: the server may answer before the first message.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _stream.TrySetResult(stream);
        await _end.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
