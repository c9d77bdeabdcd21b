using Grpc.Core;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>The one response of a unary or client streaming call.</summary>
internal static class SingleResponse
{
    /// <summary>Not flushed: it leaves together with the trailers. Nothing is written when the deadline has ended the call.</summary>
    /// <exception cref="RpcException">CANCELLED: the handler returned no message. RESOURCE_EXHAUSTED: too large.</exception>
    public static async ValueTask WriteAsync<T>(HttpContextServerCallContext call, Marshaller<T> marshaller, T? response)
        where T : class
    {
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        if (call.IsComplete)
        {
            return;
        }

        var frame = FrameWriter.Serialize(marshaller, response, call.Options.MaxSendMessageSize);
        await call.TryWriteAsync(frame);
        frame.Release();
    }
}
