using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The status of a call out of an HTTP response.</summary>
internal static class ResponseStatus
{
    /// <summary>A status that stands in the headers (Trailers-Only), or what is wrong with them; null if messages follow.</summary>
    public static Status? FromHeaders(HttpResponseMessage response, out Metadata trailers)
    {
        if (Header(response.Headers, StatusHeader.Name) is { } code)
        {
            trailers = ToMetadata(response.Headers);
            return Parse(code, response.Headers);
        }

        trailers = Metadata.Empty;
        if (response.Version < HttpVersion.Version20)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(FromHttp(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        }

        var contentType = Header(response.Content.Headers, "Content-Type");
        return GrpcContentType.IsGrpc(contentType)
            ? null
            : new Status(StatusCode.Cancelled, contentType is null
                ? "Bad gRPC response. Response did not have a content-type header."
                : "Bad gRPC response. Invalid content-type value.");
    }

    /// <summary>The status after the last message. A response without one was cut off by somebody: CANCELLED.</summary>
    public static Status FromTrailers(HttpResponseMessage response, out Metadata trailers)
    {
        var headers = response.TrailingHeaders;
        trailers = ToMetadata(headers);
        return Header(headers, StatusHeader.Name) is { } code
            ? Parse(code, headers)
            : new Status(StatusCode.Cancelled, "No grpc-status found on response.");
    }

    /// <summary>Received headers as metadata. What cannot be read (base64 that is none) is left out: the status matters more.</summary>
    public static Metadata ToMetadata(HttpResponseHeaders headers)
    {
        Metadata? metadata = null;
        foreach (var (name, values) in headers.NonValidated)
        {
            if (MetadataCodec.IsProtocolHeader(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                try
                {
                    MetadataCodec.Decode(metadata ??= [], name, value);
                }
                catch (FormatException)
                {
                }
            }
        }

        return metadata ?? Metadata.Empty;
    }

    private static Status Parse(string code, HttpResponseHeaders headers) => StatusHeader.TryDecode(code, out var statusCode)
        ? new Status(statusCode, StatusMessage.Decode(Header(headers, StatusMessage.Header) ?? ""))
        : new Status(StatusCode.Cancelled, "Unexpected grpc-status value.");

    private static string? Header(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    private static StatusCode FromHttp(HttpStatusCode status) => (int)status switch
    {
        400 or 431 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        >= 100 and < 200 => StatusCode.Internal,
        _ => StatusCode.Unknown,
    };
}
