using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Benchmarks;

/// <summary>
/// What the transport alone costs: the same bytes and headers as a call, by the framework's HTTP/2 client to its server, with trailers,
/// and no gRPC: no deadline, no metadata, no interceptor, no message that is serialized or read.
/// </summary>
internal static class Floor
{
    private static readonly byte[] s_frame = [0, 0, 0, 0, 18, 10, 14, .. "a line of text"u8, 16, 42];

    public static void Map(WebApplication app) => app.MapPost("/floor", async (HttpContext context) =>
    {
        for (var ended = false; !ended;)
        {
            var request = await context.Request.BodyReader.ReadAsync();
            ended = request.IsCompleted;
            context.Request.BodyReader.AdvanceTo(request.Buffer.End);
        }

        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync();
        s_frame.CopyTo(context.Response.BodyWriter.GetSpan(s_frame.Length));
        context.Response.BodyWriter.Advance(s_frame.Length);
        context.Response.AppendTrailer("grpc-status", "0");
    });

    public static async Task<long> RunAsync(string address, int callers, TimeSpan duration)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
        var uri = new Uri(address + "/floor");
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var calls = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var buffer = new byte[256];
            var calls = 0L;
            for (; Stopwatch.GetTimestamp() < end; calls++)
            {
                using var response = await client.SendAsync(Request(uri), CancellationToken.None);
                await using var body = await response.Content.ReadAsStreamAsync();
                while (await body.ReadAsync(buffer) > 0)
                {
                }
            }

            return calls;
        })));
        return calls.Sum();
    }

    private static HttpRequestMessage Request(Uri uri)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, uri)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(s_frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        request.Headers.TryAddWithoutValidation("x-credential", CredentialSource.Credential);
        return request;
    }
}
