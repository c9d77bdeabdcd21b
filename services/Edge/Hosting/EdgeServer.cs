using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>Kestrel as the edge needs it: public addresses, and what it must not repair, decode or repeat.</summary>
internal static class EdgeServer
{
    public static void Configure(WebApplicationBuilder builder, EdgeOptions options)
    {
        // A line ends with CR LF. Who takes a bare LF for an end reads other headers than who does not (RFC 9112 §2.2).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

        var addresses = options.Listen
            .Select(url => ListenAddress.TryParse(url, out var address, out _) ? address : null)
            .OfType<ListenAddress>()
            .ToList();
        var shared = addresses.SelectMany(address => address.EndPoints).ToHashSet();
        builder.Services.Configure<SocketTransportOptions>(sockets =>
            sockets.CreateBoundListenSocket = endPoint => PublicSockets.Bind(endPoint, shared));

        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBodyBytes;

            // Header bytes pass as they are: Latin-1 maps every byte to one character and back.
            kestrel.RequestHeaderEncodingSelector = static name
                => name.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? ConnectionHeaderEncoding.Instance : Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            foreach (var address in addresses)
            {
                Listen(kestrel, address, options);
            }
        });
    }

    private static void Listen(KestrelServerOptions kestrel, ListenAddress address, EdgeOptions options)
    {
        foreach (var endPoint in address.EndPoints)
        {
            kestrel.Listen(endPoint, listen =>
            {
                var drained = listen.ApplicationServices.GetRequiredService<DrainEnd>().Token;
                listen.Use(next => async connection =>
                {
                    connection.Features.Set(PublicConnection.Instance);
                    using var cut = drained.UnsafeRegister(static connection => ((ConnectionContext)connection!).Abort(new ConnectionAbortedException("The edge stops.")), connection);
                    await next(connection);
                });
                listen.Protocols = address.IsHttps ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                if (address.IsHttps)
                {
                    listen.UseHttps(X509Certificate2.CreateFromPemFile(options.CertificateFile, options.CertificateKeyFile));
                }
            });
        }
    }
}
