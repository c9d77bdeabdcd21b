namespace Grpc.Net.ClientFactory;

/// <summary>How long a client interceptor lives.</summary>
public enum InterceptorScope
{
    /// <summary>Made once and shared by every client of the channel.</summary>
    Channel = 0,

    /// <summary>Made for each client that is resolved, from the services of its scope.</summary>
    Client = 1,
}
