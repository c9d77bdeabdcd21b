using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// One call on the server. Everything that is not needed by every call (metadata, cancellation source, user state) is made on first use.
/// Sending is in the other part of the class.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "EndAsync, which ends every call, disposes the deadline.")]
internal sealed partial class HttpContextServerCallContext : ServerCallContext, IServerCallContextFeature
{
    private readonly IMethod _method;
    private readonly GrpcServerRuntime _runtime;
    private ServerCallDeadline? _deadline;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;

    public HttpContextServerCallContext(HttpContext httpContext, IMethod method, GrpcServerRuntime runtime)
    {
        HttpContext = httpContext;
        _method = method;
        _runtime = runtime;
    }

    public HttpContext HttpContext { get; }

    public GrpcServiceOptions Options => _runtime.Options;

    public ILogger Logger => _runtime.Logger;

    ServerCallContext IServerCallContextFeature.ServerCallContext => this;

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override DateTime DeadlineCore => _deadline?.At ?? DateTime.MaxValue;

    protected override CancellationToken CancellationTokenCore => _deadline?.CancellationToken ?? HttpContext.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override string PeerCore
    {
        get
        {
            var connection = HttpContext.Connection;
            return connection.RemoteIpAddress switch
            {
                null => "unknown",
                { AddressFamily: AddressFamily.InterNetwork } v4 => $"ipv4:{v4}:{connection.RemotePort}",
                { AddressFamily: AddressFamily.InterNetworkV6 } v6 => $"ipv6:[{v6}]:{connection.RemotePort}",
                var other => $"unknown:{other}",
            };
        }
    }

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    protected override IDictionary<object, object> UserStateCore
    {
        get
        {
            // A context that an interceptor wraps around this one still leads to the HTTP context.
            HttpContext.Items.TryAdd(ServerCallContextExtensions.HttpContextKey, HttpContext);
            return HttpContext.Items!;
        }
    }

    /// <summary>Starts the clock if the caller set a deadline.</summary>
    public void Start()
    {
        var header = HttpContext.Request.Headers[GrpcTimeout.Header];
        if (header.Count == 0)
        {
            return;
        }

        if (header.Count == 1 && GrpcTimeout.TryDecode(header[0], out var timeout))
        {
            _deadline = new ServerCallDeadline(this, timeout, _runtime.Clock);
            _deadline.Start();
        }
        else
        {
            ServerLog.InvalidTimeout(_runtime.Logger, _method.FullName);
        }
    }

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in HttpContext.Request.Headers)
        {
            foreach (var value in values)
            {
                try
                {
                    MetadataCodec.Decode(metadata, name, value ?? "");
                }
                catch (FormatException)
                {
                    throw new RpcException(new Status(StatusCode.Internal, $"The value of metadata '{name}' is not valid base64."));
                }
            }
        }

        return metadata;
    }
}
