using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory;

/// <summary>One channel per client name, made on first use and kept for the life of the process.</summary>
internal sealed class ClientChannels(
    IServiceProvider services,
    IHttpMessageHandlerFactory handlers,
    IOptionsMonitor<GrpcClientFactoryOptions> options) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Entry>> _entries = new(StringComparer.Ordinal);

    public (CallInvoker Invoker, GrpcClientFactoryOptions Options) Get(string name)
    {
        var entry = _entries.GetOrAdd(name, static (name, self) => new Lazy<Entry>(() => self.Create(name)), this).Value;
        return (entry.Invoker, entry.Options);
    }

    public void Dispose()
    {
        foreach (var entry in _entries.Values)
        {
            if (entry.IsValueCreated)
            {
                entry.Value.Channel.Dispose();
            }
        }
    }

    private Entry Create(string name)
    {
        var clientOptions = options.Get(name);
        var address = clientOptions.Address
            ?? throw new InvalidOperationException($"The gRPC client '{name}' has no address: add it by AddGrpcClient and set its Address.");
        var channelOptions = new GrpcChannelOptions
        {
            HttpHandler = handlers.CreateHandler(name),
            ServiceProvider = services,
            DefaultDeadline = clientOptions.DefaultDeadline,
        };
        foreach (var configure in clientOptions.ChannelOptionsActions)
        {
            configure(channelOptions);
        }

        var channel = GrpcChannel.ForAddress(address, channelOptions);
        Interceptor[] interceptors =
        [
            .. clientOptions.InterceptorRegistrations
                .Where(registration => registration.Scope == InterceptorScope.Channel)
                .Select(registration => registration.Creator(services)),
        ];
        return new Entry(channel, channel.CreateCallInvoker().Intercept(interceptors), clientOptions);
    }

    private sealed record Entry(GrpcChannel Channel, CallInvoker Invoker, GrpcClientFactoryOptions Options);
}
