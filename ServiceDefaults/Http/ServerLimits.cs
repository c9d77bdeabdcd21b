using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.ServiceDefaults.Http;

/// <summary>
/// The bounds of every listening address, all of them explicit. A service may set others after <c>AddServiceDefaults</c>
/// (Edge: bodies that it forwards).
/// </summary>
public static class ServerLimits
{
    /// <summary>Of all headers of a request together, in bytes.</summary>
    public const int HeaderBytes = 32 * 1024;

    /// <summary>Of headers of a request.</summary>
    public const int HeaderCount = 100;

    /// <summary>Of the request line, in bytes.</summary>
    public const int RequestLineBytes = 8 * 1024;

    /// <summary>Of a body where the endpoint sets nothing else, in bytes.</summary>
    public const int BodyBytes = 1024 * 1024;

    internal static void AddServerLimits(this WebApplicationBuilder builder) =>
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;

            var limits = kestrel.Limits;
            limits.MaxRequestHeadersTotalSize = HeaderBytes;
            limits.MaxRequestHeaderCount = HeaderCount;
            limits.MaxRequestLineSize = RequestLineBytes;
            limits.MaxRequestBodySize = BodyBytes;
            limits.MaxRequestBufferSize = 1024 * 1024;
            limits.MaxResponseBufferSize = 64 * 1024;
            limits.MaxConcurrentConnections = 10_000;
            limits.MaxConcurrentUpgradedConnections = 2_000;
            limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
            limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

            // Between services one connection carries many calls and the feeds; pings find a peer that is gone.
            limits.Http2.MaxStreamsPerConnection = 512;
            limits.Http2.MaxRequestHeaderFieldSize = 16 * 1024;
            limits.Http2.HeaderTableSize = 4096;
            limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        });
}
