using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Client;

/// <summary>The client against a server that answers byte by byte.</summary>
public sealed class UnaryClientTests
{
    private static readonly Note s_note = new() { Text = "hello", Number = 7 };

    [Fact]
    public async Task Unary_Request_IsWhatTheProtocolAsksFor()
    {
        HttpRequest? request = null;
        byte[]? body = null;
        Dictionary<string, string>? headers = null;
        await using var host = await GrpcHost.StartRawAsync(async http =>
        {
            request = http.Request;
            headers = http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString());
            Assert.Equal(("POST", Raw.UnaryPath, "HTTP/2"), (request.Method, request.Path.Value, request.Protocol));
            using var buffer = new MemoryStream();
            await http.Request.Body.CopyToAsync(buffer);
            body = buffer.ToArray();
            await AnswerAsync(http);
        });
        await host.Client.UnaryAsync(s_note, new Metadata { { "x-text", "v" }, { "x-raw-bin", [1, 2] }, { "grpc-timeout", "9H" } });

        Assert.Equal(Raw.Frame(s_note), body);
        Assert.Equal("application/grpc", headers!["content-type"]);
        Assert.Equal("trailers", headers["te"]);
        Assert.Equal("identity", headers["grpc-accept-encoding"]);
        Assert.Equal("v", headers["x-text"]);
        Assert.Equal("AQI", headers["x-raw-bin"]);
        Assert.DoesNotContain("9H", headers["grpc-timeout"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_MessageInPieces_IsPutTogether()
    {
        var frame = Raw.Frame(new Note { Data = Google.Protobuf.ByteString.CopyFrom(new byte[5000]), Number = 3 });
        await using var host = await GrpcHost.StartRawAsync([frame[..2], frame[2..7], frame[7..3000], frame[3000..]], ("grpc-status", "0"), ("x-after", "1"));
        using var call = host.Client.UnaryAsync(s_note);
        Assert.Equal(3, (await call).Number);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("1", call.GetTrailers().GetValue("x-after"));
        Assert.Single(call.GetTrailers());
    }

    public static TheoryData<string?, string?, byte[], StatusCode, string> Endings => new()
    {
        { "13", "b%C3%B6se", Raw.Frame(s_note), StatusCode.Internal, "böse" },
        { null, null, Raw.Frame(s_note), StatusCode.Cancelled, "No grpc-status found on response." },
        { "abc", null, Raw.Frame(s_note), StatusCode.Cancelled, "Unexpected grpc-status value." },
        { "99", "new", Raw.Frame(s_note), StatusCode.Unknown, "new" },
        { "0", null, [], StatusCode.Internal, "Failed to deserialize response message." },
        { "0", null, [.. Raw.Frame(s_note), .. Raw.Frame(s_note)], StatusCode.Internal, "Unexpected data after finished reading message." },
        { "0", null, [.. Raw.Frame(s_note), 0], StatusCode.Internal, "Incomplete message." },
        { "0", null, [0, 0, 0, 0, 9, 1], StatusCode.Internal, "Incomplete message." },
        { "0", null, Raw.Frame(s_note, 1), StatusCode.Internal, "Message is compressed, but the call has no encoding." },
        { "0", null, [0, 0x40, 0, 0, 0], StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size." },
    };

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task Unary_BadEnding_IsItsStatus(string? status, string? message, byte[] body, StatusCode code, string detail)
    {
        var trailers = new List<(string, string)>();
        if (status is not null)
        {
            trailers.Add(("grpc-status", status));
        }

        if (message is not null)
        {
            trailers.Add(("grpc-message", message));
        }

        await using var host = await GrpcHost.StartRawAsync([body], [.. trailers]);
        using var call = host.Client.UnaryAsync(s_note);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal((code, detail), (error.StatusCode, error.Status.Detail));
        Assert.Equal(code, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Unary_TrailersOnly_IsItsStatusAndTrailers()
    {
        await using var host = await GrpcHost.StartRawAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "5";
            http.Response.Headers["grpc-message"] = "none";
            http.Response.Headers["x-why-bin"] = "AQI";
            http.Response.Headers["x-broken-bin"] = "!";
            return Task.CompletedTask;
        });
        using var call = host.Client.UnaryAsync(s_note);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal((StatusCode.NotFound, "none"), (error.StatusCode, error.Status.Detail));
        Assert.Equal([1, 2], error.Trailers.GetValueBytes("x-why-bin"));
        Assert.Null(error.Trailers.Get("x-broken-bin"));
        Assert.Same(error.Trailers, call.GetTrailers());
    }

    [Fact]
    public async Task Unary_TrailersOnlyWithOk_IsInternal()
    {
        await using var host = await GrpcHost.StartRawAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "0";
            return Task.CompletedTask;
        });
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(s_note).ResponseAsync)).StatusCode);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(431, StatusCode.Internal)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    [InlineData(418, StatusCode.Unknown)]
    [InlineData(302, StatusCode.Unknown)]
    public async Task Unary_HttpError_IsMapped(int http, StatusCode code)
    {
        await using var host = await GrpcHost.StartRawAsync(context =>
        {
            context.Response.StatusCode = http;
            return Task.CompletedTask;
        });
        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(s_note).ResponseAsync);
        Assert.Equal((code, $"Bad gRPC response. HTTP status code: {http}"), (error.StatusCode, error.Status.Detail));
    }

    [Theory]
    [InlineData(null, "Bad gRPC response. Response did not have a content-type header.")]
    [InlineData("text/html", "Bad gRPC response. Invalid content-type value.")]
    public async Task Unary_NoGrpcContentType_IsCancelled(string? contentType, string detail)
    {
        await using var host = await GrpcHost.StartRawAsync(async http =>
        {
            http.Response.ContentType = contentType;
            await http.Response.Body.WriteAsync(Raw.Frame(s_note));
        });
        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(s_note).ResponseAsync);
        Assert.Equal((StatusCode.Cancelled, detail), (error.StatusCode, error.Status.Detail));
    }

    [Theory]
    [InlineData(0x7, StatusCode.Unavailable)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    [InlineData(0x2, StatusCode.Internal)]
    public async Task Unary_StreamReset_IsMapped(int http2Error, StatusCode code)
    {
        await using var host = await GrpcHost.StartRawAsync(async http =>
        {
            http.Response.ContentType = "application/grpc";
            await http.Response.Body.FlushAsync();
            http.Features.GetRequiredFeature<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>().Reset(http2Error);
        });
        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(s_note).ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task Unary_NobodyListens_IsUnavailableAtOnce()
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{Testing.FreePort.Next()}");
        var error = await Assert.ThrowsAsync<RpcException>(() => new Tester.V1.Tester.TesterClient(channel).UnaryAsync(s_note).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task Unary_MessageAboveTheLimits_IsResourceExhausted()
    {
        await using var host = await GrpcHost.StartAsync(options: o => o.MaxReceiveMessageSize = null);
        var big = new Note { Data = Google.Protobuf.ByteString.CopyFrom(new byte[4 * 1024 * 1024]) };
        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(big).ResponseAsync);
        Assert.Equal((StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."), (error.StatusCode, error.Status.Detail));

        using var unlimited = GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        Assert.Equal(big, await new Tester.V1.Tester.TesterClient(unlimited).UnaryAsync(big));

        using var small = GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { MaxSendMessageSize = 10 });
        error = await Assert.ThrowsAsync<RpcException>(() => new Tester.V1.Tester.TesterClient(small).UnaryAsync(big).ResponseAsync);
        Assert.Equal("Sending message exceeds the maximum configured message size.", error.Status.Detail);
    }

    [Fact]
    public async Task Unary_MetadataThatIsNotAscii_IsRefusedHere()
    {
        await using var host = await GrpcHost.StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(s_note, new Metadata { { "x", "a\r\nb: c" } }).ResponseAsync);
        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Contains("'x'", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetStatus_WhileTheCallRuns_IsRefused()
    {
        var release = new TaskCompletionSource();
        await using var host = await GrpcHost.StartAsync(new() { Unary = async (note, _) => { await release.Task; return note; } });
        using var call = host.Client.UnaryAsync(s_note);
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
        release.SetResult();
        await call;
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Empty(call.GetTrailers());
    }

    [Fact]
    public async Task BlockingCall_Message_IsReturned()
    {
        await using var host = await GrpcHost.StartAsync();
        Assert.Equal(s_note, await Task.Run(() => host.Client.Unary(s_note)));
    }

    [Fact]
    public async Task ManyCalls_MoreThanOneConnectionMayCarry_RunAtTheSameTime()
    {
        const int Calls = 250;
        var all = new TaskCompletionSource();
        var arrived = 0;
        await using var host = await GrpcHost.StartAsync(new()
        {
            Unary = async (note, _) =>
            {
                if (Interlocked.Increment(ref arrived) == Calls)
                {
                    all.SetResult();
                }

                await all.Task;
                return note;
            },
        });
        var notes = await Task.WhenAll(Enumerable.Range(0, Calls).Select(i =>
            host.Client.UnaryAsync(new Note { Number = i }, deadline: DateTime.UtcNow.AddSeconds(30)).ResponseAsync));
        Assert.Equal(Enumerable.Range(0, Calls), notes.Select(n => (int)n.Number));
    }

    [Fact]
    public void ForAddress_NoHttpUrl_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("ftp://host"));
        Assert.Throws<UriFormatException>(() => GrpcChannel.ForAddress("host"));
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        http.Response.ContentType = "application/grpc";
        await http.Response.StartAsync();
        await http.Response.Body.WriteAsync(Raw.Frame(s_note));
        http.Response.AppendTrailer("grpc-status", "0");
    }
}
