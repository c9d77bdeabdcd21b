using System.Net;
using System.Net.Http.Headers;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.ServiceDefaults.Outbound;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Requests to MCP servers. They follow no redirect, keep no cookie, decompress nothing, use no proxy, and go to no address inside unless the
/// installation names their network (<c>Outbound:AllowedNetworks</c>).
/// </summary>
internal sealed class UpstreamHttp : IDisposable
{
    private readonly HttpMessageInvoker _http;

    public UpstreamHttp(OutboundGuard guard) => _http = new HttpMessageInvoker(new SocketsHttpHandler
    {
        ConnectCallback = (context, cancellation) => guard.ConnectAsync(context.DnsEndPoint, OutboundReach.Public, cancellation),
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        MaxConnectionsPerServer = 4096,
        MaxResponseHeadersLength = 32,
        MaxResponseDrainSize = 64 * 1024,
    });

    /// <summary>A request with everything that each one has.</summary>
    /// <param name="method">POST, GET or DELETE.</param>
    /// <param name="target">The server.</param>
    /// <param name="body">The message; empty for none.</param>
    public static HttpRequestMessage Create(HttpMethod method, UpstreamTarget target, ReadOnlyMemory<byte> body)
    {
        var request = new HttpRequestMessage(method, target.Endpoint);
        if (body.Length > 0)
        {
            request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        request.Headers.TryAddWithoutValidation("Accept", method == HttpMethod.Get ? "text/event-stream" : "application/json, text/event-stream");
        request.Headers.TryAddWithoutValidation("User-Agent", "ManagedOAuth-portal");
        foreach (var (name, value) in target.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (target.Assertion is { } assertion)
        {
            request.Headers.TryAddWithoutValidation(AssertionHeader.Name, assertion);
        }

        return request;
    }

    /// <summary>Names the method, and what it is about, in headers (2026-07-28; harmless before).</summary>
    public static void AddNames(HttpRequestMessage request, string method, string? name)
    {
        request.Headers.TryAddWithoutValidation(McpHeaders.Method, method);
        if (name is not null && McpHeaderEncoder.EncodeValue(name) is { } encoded)
        {
            request.Headers.TryAddWithoutValidation(McpHeaders.Name, encoded);
        }
    }

    /// <summary>Sends a request and returns as soon as the head of the answer is there.</summary>
    /// <exception cref="UpstreamException">The server cannot be reached.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await _http.SendAsync(request, cancellation);
        }
        catch (HttpRequestException failure)
        {
            throw new UpstreamException(PortalOutcomes.Unavailable, "The server cannot be reached.", failure)
            {
                IsServerFault = true,
                IsUnprocessed = failure.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
            };
        }
    }

    public void Dispose() => _http.Dispose();
}
