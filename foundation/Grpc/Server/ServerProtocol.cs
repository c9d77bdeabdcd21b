using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>What a request must be before it is a gRPC call.</summary>
internal static class ServerProtocol
{
    /// <summary>Answers 415 or 426 to a request that is no gRPC call.</summary>
    public static bool TryAccept(HttpContext http, ILogger logger)
    {
        var request = http.Request;
        if (!GrpcContentType.IsGrpc(request.ContentType))
        {
            ServerLog.UnsupportedContentType(logger, request.Path);
            Refuse(http, StatusCodes.Status415UnsupportedMediaType, "Content-Type is not gRPC: 'application/grpc' is expected.");
            return false;
        }

        if (!HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
        {
            ServerLog.UnsupportedProtocol(logger, request.Path, request.Protocol);
            http.Response.Headers.Upgrade = "HTTP/2";
            Refuse(http, StatusCodes.Status426UpgradeRequired, $"Request protocol '{request.Protocol}' is not supported.");
            return false;
        }

        return true;
    }

    /// <exception cref="RpcException">UNIMPLEMENTED, with the encodings that are supported, as the protocol demands.</exception>
    public static void RefuseCompression(HttpContext http)
    {
        var encoding = http.Request.Headers[Encodings.Header];
        if (encoding.Count > 0 && !string.Equals(encoding, Encodings.Identity, StringComparison.OrdinalIgnoreCase))
        {
            http.Response.Headers[Encodings.AcceptHeader] = Encodings.Identity;
            throw new RpcException(new Status(StatusCode.Unimplemented, "The request's grpc-encoding is not supported; send uncompressed messages."));
        }
    }

    private static void Refuse(HttpContext http, int httpStatus, string detail)
    {
        http.Response.StatusCode = httpStatus;
        http.Response.Headers[StatusHeader.Name] = StatusHeader.Encode(StatusCode.Internal);
        http.Response.Headers[StatusMessage.Header] = StatusMessage.Encode(detail);
    }
}
