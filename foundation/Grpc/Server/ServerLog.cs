using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Log lines of the server. Never metadata or messages: they carry credentials.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Error, "Error when executing gRPC method {Method}.", EventName = "ErrorExecutingServiceMethod")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string method);

    [LoggerMessage(2, LogLevel.Information, "gRPC method {Method} ended with status {StatusCode}.", EventName = "RpcConnectionError")]
    public static partial void HandlerRefused(ILogger logger, string method, Core.StatusCode statusCode);

    [LoggerMessage(3, LogLevel.Debug, "gRPC method {Method} was given up by its caller.", EventName = "CallCancelled")]
    public static partial void CallCancelled(ILogger logger, string method);

    [LoggerMessage(4, LogLevel.Debug, "gRPC method {Method} exceeded its deadline of {Timeout}.", EventName = "DeadlineExceeded")]
    public static partial void DeadlineExceeded(ILogger logger, string method, TimeSpan timeout);

    [LoggerMessage(5, LogLevel.Debug, "The end of gRPC method {Method} at its deadline could not be sent.", EventName = "DeadlineNotSent")]
    public static partial void DeadlineNotSent(ILogger logger, Exception exception, string method);

    [LoggerMessage(6, LogLevel.Debug, "gRPC method {Method}: the grpc-timeout header is malformed and ignored.", EventName = "InvalidTimeoutIgnored")]
    public static partial void InvalidTimeout(ILogger logger, string method);

    [LoggerMessage(7, LogLevel.Debug, "Request to {Path} refused: its content type is not gRPC.", EventName = "UnsupportedRequestContentType")]
    public static partial void UnsupportedContentType(ILogger logger, string path);

    [LoggerMessage(8, LogLevel.Debug, "Request to {Path} refused: gRPC needs HTTP/2, not {Protocol}.", EventName = "UnsupportedRequestProtocol")]
    public static partial void UnsupportedProtocol(ILogger logger, string path, string protocol);

    [LoggerMessage(9, LogLevel.Debug, "gRPC service {Type} mapped {Count} methods.", EventName = "ServiceMapped")]
    public static partial void ServiceMapped(ILogger logger, Type type, int count);
}
