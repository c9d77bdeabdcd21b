namespace Grpc.AspNetCore.Server;

/// <summary>How this process serves gRPC.</summary>
public sealed class GrpcServiceOptions
{
    internal const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>Largest message to send, in bytes. Null (the default) = no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message to accept, in bytes. Default 4 MiB; null = no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = DefaultMaxReceiveMessageSize;

    /// <summary>Tell the caller type and text of an unexpected exception. They may hold secrets: for development only.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Leave calls of services that do not exist to the rest of the pipeline instead of answering UNIMPLEMENTED.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>The steps around every handler.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}
