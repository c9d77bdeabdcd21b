using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory;

/// <summary>How clients of one name are made.</summary>
public sealed class GrpcClientFactoryOptions
{
    /// <summary>Where the service is, e.g. <c>http://_grpc.token</c>: the endpoint <c>grpc</c> of the service <c>token</c>.</summary>
    public Uri? Address { get; set; }

    /// <summary>Deadline of unary calls that set none; 5 s by default, null = none. Not in the package that this stands in for.</summary>
    public TimeSpan? DefaultDeadline { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Changes to the channel's options, in order.</summary>
    public IList<Action<GrpcChannelOptions>> ChannelOptionsActions { get; } = [];

    /// <summary>Interceptors; the first sees a call first.</summary>
    public IList<InterceptorRegistration> InterceptorRegistrations { get; } = [];
}
