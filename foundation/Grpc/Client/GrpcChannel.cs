using Grpc.Core;
using Grpc.Net.Client.Balancing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>
/// Connections to a service: all its replicas, HTTP/2 to each. Made once and used for the life of the process; thread safe.
/// </summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<IActiveCall> _activeCalls = [];
    private bool _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        var ownHandler = options.HttpHandler is null;
        Invoker = new HttpMessageInvoker(options.HttpHandler ?? ChannelHandler.Create(), ownHandler || options.DisposeHttpClient);
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        ThrowOperationCanceledOnCancellation = options.ThrowOperationCanceledOnCancellation;
        DefaultDeadline = options.DefaultDeadline;
        Clock = options.Clock;
        var loggers = options.LoggerFactory ?? options.ServiceProvider?.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
        Logger = loggers.CreateLogger("Grpc.Net.Client");
        Replicas = new ReplicaSet(new ServiceAddress(address, options.ServiceProvider?.GetService<IConfiguration>()), Clock, Logger);
    }

    internal HttpMessageInvoker Invoker { get; }

    internal ReplicaSet Replicas { get; }

    internal ILogger Logger { get; }

    internal TimeProvider Clock { get; }

    internal int? MaxSendMessageSize { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal TimeSpan? DefaultDeadline { get; }

    internal bool ThrowOperationCanceledOnCancellation { get; }

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) =>
        ForAddress(new Uri(address, UriKind.Absolute), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <param name="address">
    /// <c>http://host:port</c>, or a service name that configuration resolves: <c>http://_endpoint.service</c> or <c>http://service</c>.
    /// </param>
    /// <param name="channelOptions">How calls are sent.</param>
    /// <exception cref="ArgumentException">The address is not an absolute http or https URL.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"'{address}' is not an absolute http or https URL.", nameof(address));
        }

        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new HttpClientCallInvoker(this);
    }

    /// <summary>Cancels the calls that still run and closes the connections.</summary>
    public void Dispose()
    {
        IActiveCall[] calls;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            calls = [.. _activeCalls];
        }

        foreach (var call in calls)
        {
            call.Dispose();
        }

        Replicas.Dispose();
        Invoker.Dispose();
    }

    internal void Register(IActiveCall call)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _activeCalls.Add(call);
        }
    }

    internal void Unregister(IActiveCall call)
    {
        lock (_gate)
        {
            _activeCalls.Remove(call);
        }
    }
}
