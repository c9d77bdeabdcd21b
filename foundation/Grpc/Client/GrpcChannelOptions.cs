using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>How a channel sends calls.</summary>
public sealed class GrpcChannelOptions
{
    internal const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>Sends the requests. Null = a handler of the channel's own, made for HTTP/2 between services.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Dispose <see cref="HttpHandler"/> with the channel. Default false; the channel's own handler always is.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Largest message to send, in bytes. Null (the default) = no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message to accept, in bytes. Default 4 MiB; null = no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = DefaultMaxReceiveMessageSize;

    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Where the channel finds <c>IConfiguration</c> (for service addresses) and the logger factory. Null = neither.</summary>
    public IServiceProvider? ServiceProvider { get; set; }

    /// <summary>Report CANCELLED and DEADLINE_EXCEEDED as <see cref="OperationCanceledException"/> instead of RpcException.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>
    /// Deadline of unary calls that set none; 5 s by default, null = none. Not in the package that this stands in for.
    /// </summary>
    public TimeSpan? DefaultDeadline { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Clock of deadlines and probes. The machine's own, also where a service's clock is a test's: calls are real.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;
}
