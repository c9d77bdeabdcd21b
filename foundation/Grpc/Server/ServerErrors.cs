using Grpc.Core;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>What a handler threw, as the status of its call.</summary>
internal static class ServerErrors
{
    /// <summary>
    /// An <see cref="RpcException"/> is the handler's word: its status, its trailers. Anything else is UNKNOWN without detail
    /// (exception texts hold what callers must not see), or CANCELLED when it only says that the caller is gone.
    /// </summary>
    public static Status ToStatus(HttpContextServerCallContext call, Exception exception)
    {
        if (exception is RpcException rpc)
        {
            ServerLog.HandlerRefused(call.Logger, call.Method, rpc.StatusCode);
            foreach (var entry in rpc.Trailers)
            {
                call.ResponseTrailers.Add(entry);
            }

            return rpc.Status;
        }

        var gone = call.HttpContext.RequestAborted.IsCancellationRequested || call.IsComplete;
        if (gone && exception is OperationCanceledException or IOException)
        {
            ServerLog.CallCancelled(call.Logger, call.Method);
            return Status.DefaultCancelled;
        }

        ServerLog.HandlerFailed(call.Logger, exception, call.Method);
        return call.Options.EnableDetailedErrors == true
            ? new Status(StatusCode.Unknown, "Exception was thrown by handler. " + ErrorText.Chain(exception), exception)
            : new Status(StatusCode.Unknown, "Exception was thrown by handler.", exception);
    }
}
