using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using ManagedOAuth.Foundation.Tests.Tester.V1;

namespace ManagedOAuth.Foundation.Tests.GrpcTests;

/// <summary>gRPC by hand: frames and HTTP/2 requests, so that each side is tested without the other.</summary>
internal static class Raw
{
    public const string UnaryPath = "/tester.v1.Tester/Unary";
    public const string ServerStreamPath = "/tester.v1.Tester/ServerStream";

    private static readonly HttpMessageInvoker s_http = new(new SocketsHttpHandler { UseProxy = false });

    public static byte[] Frame(Note note, byte flag = 0) => Frame(note.ToByteArray(), flag);

    public static byte[] Frame(byte[] payload, byte flag = 0)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public static Note Unframe(byte[] frame) => Note.Parser.ParseFrom(frame, 5, frame.Length - 5);

    public static Task<HttpResponseMessage> PostAsync(
        GrpcHost host, string path, byte[] body, string? contentType = "application/grpc", Version? version = null, params (string Name, string Value)[] headers)
    {
        var content = new ByteArrayContent(body);
        if (contentType is not null)
        {
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        return SendAsync(host, path, content, version, headers);
    }

    public static Task<HttpResponseMessage> SendAsync(
        GrpcHost host, string path, HttpContent content, Version? version = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, host.Address + path)
        {
            Version = version ?? HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return s_http.SendAsync(request, CancellationToken.None);
    }

    /// <summary>Status and message, from the headers if they are the whole answer, else from the trailers.</summary>
    public static async Task<(StatusCode Code, string Message, bool TrailersOnly)> StatusAsync(HttpResponseMessage response)
    {
        await response.Content.ReadAsByteArrayAsync();
        var trailersOnly = response.Headers.Contains("grpc-status");
        var source = trailersOnly ? response.Headers : response.TrailingHeaders;
        var message = source.TryGetValues("grpc-message", out var values) ? string.Join(",", values) : "";
        return ((StatusCode)int.Parse(source.GetValues("grpc-status").Single(), System.Globalization.CultureInfo.InvariantCulture), message, trailersOnly);
    }
}
