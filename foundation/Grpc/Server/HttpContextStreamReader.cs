using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The messages that the client streams.</summary>
internal sealed class HttpContextStreamReader<T>(HttpContextServerCallContext call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
    where T : class
{
    private bool _ended;
    private int _reading;

    public T Current { get; private set; } = null!;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        }

        try
        {
            Current = null!;
            if (_ended)
            {
                return false;
            }

            var message = await ServerMessageReader.ReadNextAsync(
                call.HttpContext.Request.BodyReader, marshaller, call.Options.MaxReceiveMessageSize, cancellationToken);
            _ended = message is null;
            Current = message!;
            return !_ended;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }
}
