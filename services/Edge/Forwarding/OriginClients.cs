using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Text;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>
/// The connections to origins and services: one pool per way of connecting. They follow no redirect, keep no cookie, decompress nothing,
/// use no proxy and add no header, so that what goes through is what came in.
/// </summary>
internal sealed class OriginClients : IDisposable
{
    // A connection is given up now and then, so that a changed address is noticed.
    private static readonly TimeSpan s_connectionLifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(60);
    private const int ConnectionsPerOrigin = 4096;
    private const int MaximumClients = 256;
    private readonly ConcurrentDictionary<OriginConnection, HttpMessageInvoker> _clients = new();

    /// <summary>The client for one way of connecting.</summary>
    public HttpMessageInvoker For(OriginConnection connection)
    {
        if (_clients.TryGetValue(connection, out var client))
        {
            return client;
        }

        // Only settings that an administrator can vary lead here; a client that is pushed out ends with its last request.
        if (_clients.Count >= MaximumClients)
        {
            _clients.Clear();
        }

        return _clients.GetOrAdd(connection, static connection => new HttpMessageInvoker(CreateHandler(connection), disposeHandler: true));
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private static SocketsHttpHandler CreateHandler(OriginConnection connection) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,

        // The forwarder writes the trace context itself; the handler's own would pass on what the client sent as baggage.
        ActivityHeadersPropagator = null,
        ConnectTimeout = connection.ConnectTimeout,
        PooledConnectionLifetime = s_connectionLifetime,
        PooledConnectionIdleTimeout = s_idle,
        MaxConnectionsPerServer = ConnectionsPerOrigin,
        MaxResponseHeadersLength = 64,
        MaxResponseDrainSize = 64 * 1024,

        // Header bytes pass as they are in both directions.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        SslOptions = connection.NoTlsVerify ? AcceptAny() : new SslClientAuthenticationOptions(),
    };

    // The administrator said so for this origin (origin.no_tls_verify), and for it alone.
    private static SslClientAuthenticationOptions AcceptAny() => new()
    {
#pragma warning disable CA5359 // That every certificate is accepted is the setting's meaning.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
    };
}
