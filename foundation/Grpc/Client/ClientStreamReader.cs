using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>The messages that the server streams.</summary>
internal sealed class ClientStreamReader<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call, Task<bool> opening) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private int _reading;

    public TResponse Current { get; private set; } = null!;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        }

        try
        {
            // Let go of the last message before waiting: a silent stream holds nothing.
            Current = null!;
            using var registration = cancellationToken.UnsafeRegister(
                static call => ((GrpcCall<TRequest, TResponse>)call!).CancelByCaller(), call);
            if (await opening.ConfigureAwait(false) && !call.HasEnded)
            {
                Current = (await ReadAsync().ConfigureAwait(false))!;
            }

            if (Current is not null)
            {
                return true;
            }

            call.ThrowUnlessOk();
            return false;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    private async ValueTask<TResponse?> ReadAsync()
    {
        try
        {
            return await call.ReadMessageAsync(idle: true).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Every error of the transport or the deserializer becomes the status of the call.
            throw call.Fail(e);
        }
    }
}
