using System.Net.Sockets;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Exceptions of the HTTP client as statuses.</summary>
internal static class TransportErrors
{
    private const long RefusedStream = 0x7;
    private const long Cancel = 0x8;
    private const long EnhanceYourCalm = 0xb;
    private const long InadequateSecurity = 0xc;

    public static Status ToStatus(Exception exception) =>
        new(CodeOf(exception), "Error starting or reading gRPC call. " + ErrorText.Chain(exception), exception);

    /// <summary>
    /// True only if no server can have seen the call: no connection came about, or the server says that it did not process the stream.
    /// An error on an existing connection is not such: the call may have been executed.
    /// </summary>
    public static bool NeverReachedServer(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => true,

        // How SocketsHttpHandler reports its ConnectTimeout.
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => Find<HttpProtocolException>(exception)?.ErrorCode == RefusedStream,
    };

    private static StatusCode CodeOf(Exception exception)
    {
        if (NeverReachedServer(exception))
        {
            return StatusCode.Unavailable;
        }

        if (Find<HttpProtocolException>(exception) is { } protocol)
        {
            return protocol.ErrorCode switch
            {
                Cancel => StatusCode.Cancelled,
                EnhanceYourCalm => StatusCode.ResourceExhausted,
                InadequateSecurity => StatusCode.PermissionDenied,
                _ => StatusCode.Internal,
            };
        }

        return exception switch
        {
            OperationCanceledException => StatusCode.Cancelled,
            _ when Find<SocketException>(exception) is not null || Find<IOException>(exception) is not null => StatusCode.Unavailable,
            _ => StatusCode.Internal,
        };
    }

    private static T? Find<T>(Exception exception)
        where T : Exception
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is T found)
            {
                return found;
            }
        }

        return null;
    }
}
