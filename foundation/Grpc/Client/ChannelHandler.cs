namespace Grpc.Net.Client;

/// <summary>The HTTP handler of channels that were given none.</summary>
internal static class ChannelHandler
{
    public static SocketsHttpHandler Create() => new()
    {
        // More calls at once than one connection may carry (100 for Kestrel) open another connection.
        EnableMultipleHttp2Connections = true,

        // Short enough that a call with the default deadline can still try another replica.
        ConnectTimeout = TimeSpan.FromSeconds(2),

        // A feed may be silent for long: pings notice a peer that vanished without a word.
        KeepAlivePingDelay = TimeSpan.FromSeconds(15),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),

        // Service to service: no proxy of the environment, no cookies, no other server than the one that was asked.
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
    };
}
