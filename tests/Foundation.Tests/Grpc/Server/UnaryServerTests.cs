using System.Net;
using Grpc.Core;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Server;

public sealed class UnaryServerTests
{
    private static readonly Note s_note = new() { Text = "hello", Number = 7 };

    [Fact]
    public async Task Unary_ValidRequest_AnswersMessageThenStatusInTrailers()
    {
        await using var host = await GrpcHost.StartAsync();
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(s_note, Raw.Unframe(await response.Content.ReadAsByteArrayAsync()));
        Assert.Equal(["grpc-status"], response.TrailingHeaders.Select(h => h.Key));
        Assert.Equal((StatusCode.OK, "", false), await Raw.StatusAsync(response));
    }

    [Fact]
    public async Task Unary_ProcessWithoutLogsAndTraces_EndsLikeAnyOther()
    {
        // Without any listener ASP.NET makes no activity for the request.
        await using var host = await GrpcHost.StartAsync(logging: false);
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note));
        Assert.Equal(StatusCode.OK, (await Raw.StatusAsync(response)).Code);
    }

    public static TheoryData<byte[], StatusCode, string> BadBodies => new()
    {
        { [], StatusCode.Internal, "Incomplete message." },
        { [0, 0, 0], StatusCode.Internal, "Incomplete message." },
        { [0, 0, 0, 0, 9, 1, 2], StatusCode.Internal, "Incomplete message." },
        { [.. Raw.Frame(s_note), 0], StatusCode.Internal, "Additional data after the message received." },
        { [.. Raw.Frame(s_note), .. Raw.Frame(s_note)], StatusCode.Internal, "Additional data after the message received." },
        { Raw.Frame(s_note, flag: 1), StatusCode.Internal, "Message is compressed, but the call has no encoding." },
        { Raw.Frame(s_note, flag: 2), StatusCode.Internal, "Unexpected compressed flag in message header." },
        { Raw.Frame([0xff, 0xff]), StatusCode.Internal, "The request message could not be deserialized." },
        { [0, 0, 0x40, 0, 1], StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size." },
        { [0, 0xff, 0xff, 0xff, 0xff], StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size." },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Unary_BadBody_IsRefusedBeforeTheHandler(byte[] body, StatusCode code, string message)
    {
        var called = false;
        await using var host = await GrpcHost.StartAsync(new() { Unary = (note, _) => { called = true; return Task.FromResult(note); } });
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, body);

        Assert.Equal((code, message, true), await Raw.StatusAsync(response));
        Assert.False(called);
    }

    [Fact]
    public async Task Unary_MessageOfJustTheLimit_IsAccepted()
    {
        await using var host = await GrpcHost.StartAsync(options: o => o.MaxReceiveMessageSize = s_note.CalculateSize());
        Assert.Equal(s_note, await host.Client.UnaryAsync(s_note));
    }

    [Fact]
    public async Task Unary_ResponseAboveTheSendLimit_IsResourceExhausted()
    {
        await using var host = await GrpcHost.StartAsync(options: o => o.MaxSendMessageSize = 3);
        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(s_note).ResponseAsync);
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpcx")]
    [InlineData(null)]
    public async Task Unary_OtherContentType_Is415(string? contentType)
    {
        await using var host = await GrpcHost.StartAsync();
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note), contentType);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal(StatusCode.Internal, (await Raw.StatusAsync(response)).Code);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    [InlineData("APPLICATION/GRPC")]
    public async Task Unary_GrpcContentTypeInAnyForm_IsAccepted(string contentType)
    {
        await using var host = await GrpcHost.StartAsync();
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note), contentType);
        Assert.Equal(StatusCode.OK, (await Raw.StatusAsync(response)).Code);
    }

    [Fact]
    public async Task Unary_Http11_Is426()
    {
        await using var host = await GrpcHost.StartAsync(protocols: HttpProtocols.Http1);
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note), version: HttpVersion.Version11);
        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
        Assert.Equal("HTTP/2", response.Headers.Upgrade.Single().ToString());
        Assert.Equal((StatusCode.Internal, "Request protocol 'HTTP/1.1' is not supported.", true), await Raw.StatusAsync(response));
    }

    [Fact]
    public async Task Unary_CompressedRequest_IsUnimplementedAndNamesIdentity()
    {
        await using var host = await GrpcHost.StartAsync();
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note, 1), headers: ("grpc-encoding", "gzip"));
        Assert.Equal(StatusCode.Unimplemented, (await Raw.StatusAsync(response)).Code);
        Assert.Equal("identity", response.Headers.GetValues("grpc-accept-encoding").Single());
    }

    [Fact]
    public async Task Unary_NullResponse_IsCancelled()
    {
        await using var host = await GrpcHost.StartAsync(new() { Unary = (_, _) => Task.FromResult<Note>(null!) });
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note));
        Assert.Equal((StatusCode.Cancelled, "No message returned from method.", true), await Raw.StatusAsync(response));
    }

    [Fact]
    public async Task Unary_RpcException_IsTrailersOnlyWithItsTrailersAndEscapedMessage()
    {
        Metadata trailers = new() { { "x-reason", "r1" }, { "x-reason", "r2" }, { "x-raw-bin", [1, 2, 255] }, { "grpc-status", "0" } };
        await using var host = await GrpcHost.StartAsync(new()
        {
            Unary = (_, _) => throw new RpcException(new Status(StatusCode.FailedPrecondition, "größer\n100 %"), trailers),
        });
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note));

        Assert.Equal((StatusCode.FailedPrecondition, "gr%C3%B6%C3%9Fer%0A100 %25", true), await Raw.StatusAsync(response));
        Assert.Equal(["r1", "r2"], response.Headers.GetValues("x-reason"));
        Assert.Equal("AQL/", response.Headers.GetValues("x-raw-bin").Single());

        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(s_note).ResponseAsync);
        Assert.Equal("größer\n100 %", error.Status.Detail);
        Assert.Equal([1, 2, 255], error.Trailers.GetValueBytes("x-raw-bin"));
        Assert.DoesNotContain(host.Logs.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Unary_UnexpectedException_IsUnknownWithoutItsText()
    {
        await using var host = await GrpcHost.StartAsync(new() { Unary = (_, _) => throw new InvalidOperationException("secret") });
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note));
        Assert.Equal((StatusCode.Unknown, "Exception was thrown by handler.", true), await Raw.StatusAsync(response));
        Assert.Contains(host.Logs.Lines, line => line.Level == LogLevel.Error);
    }

    [Fact]
    public async Task Unary_UnexpectedExceptionWithDetailedErrors_NamesTheChain()
    {
        await using var host = await GrpcHost.StartAsync(
            new() { Unary = (_, _) => throw new InvalidOperationException("outer", new IOException("inner")) }, o => o.EnableDetailedErrors = true);
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note));
        Assert.Equal(
            "Exception was thrown by handler. InvalidOperationException: outer IOException: inner", (await Raw.StatusAsync(response)).Message);
    }

    [Fact]
    public async Task Unary_StatusAndTrailersOfTheContext_FollowTheMessage()
    {
        await using var host = await GrpcHost.StartAsync(new()
        {
            Unary = (note, context) =>
            {
                context.Status = new Status(StatusCode.DataLoss, "half");
                context.ResponseTrailers.Add("x-after", "1");
                return Task.FromResult(note);
            },
        });
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note));
        Assert.Equal((StatusCode.DataLoss, "half", false), await Raw.StatusAsync(response));
        Assert.Equal("1", response.TrailingHeaders.GetValues("x-after").Single());
    }

    [Fact]
    public async Task Unary_TrailersThatCannotBeSent_ResetTheStream()
    {
        await using var host = await GrpcHost.StartAsync(new()
        {
            Unary = (note, context) =>
            {
                context.ResponseTrailers.Add("x", "line\nbreak");
                return Task.FromResult(note);
            },
        });
        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(s_note).ResponseAsync);
        Assert.NotEqual(StatusCode.OK, error.StatusCode);
        Assert.NotEqual(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task WriteResponseHeaders_BeforeTheMessage_ArriveAtOnce()
    {
        var release = new TaskCompletionSource();
        await using var host = await GrpcHost.StartAsync(new()
        {
            Unary = async (note, context) =>
            {
                await context.WriteResponseHeadersAsync(new() { { "x-early", "1" }, { "x-raw-bin", [7] } });
                await release.Task;
                return note;
            },
        });
        using var call = host.Client.UnaryAsync(s_note);
        var headers = await call.ResponseHeadersAsync;
        Assert.Equal("1", headers.GetValue("x-early"));
        Assert.Equal([7], headers.GetValueBytes("x-raw-bin"));
        Assert.False(call.ResponseAsync.IsCompleted);
        release.SetResult();
        Assert.Equal(s_note, await call);
    }

    [Fact]
    public async Task WriteResponseHeaders_Twice_IsRefused()
    {
        Exception? second = null;
        await using var host = await GrpcHost.StartAsync(new()
        {
            Unary = async (note, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                second = await Record.ExceptionAsync(() => context.WriteResponseHeadersAsync([]));
                return note;
            },
        });
        await host.Client.UnaryAsync(s_note);
        Assert.IsType<InvalidOperationException>(second);
    }

    [Fact]
    public async Task RequestHeaders_Metadata_IsShownWithoutTheProtocolsOwn()
    {
        Metadata? seen = null;
        await using var host = await GrpcHost.StartAsync(new() { Unary = (note, context) => { seen = context.RequestHeaders; return Task.FromResult(note); } });
        await host.Client.UnaryAsync(s_note, new Metadata { { "X-Text", "a b" }, { "x-raw-bin", [0, 1] }, { "grpc-timeout", "1n" }, { "te", "gzip" } });

        Assert.Equal("a b", seen!.GetValue("x-text"));
        Assert.Equal([0, 1], seen.GetValueBytes("x-raw-bin"));
        Assert.Equal(["user-agent", "x-raw-bin", "x-text"], seen.Select(e => e.Key).Order());
    }

    [Fact]
    public async Task RequestHeaders_BinaryValueThatIsNoBase64_IsInternal()
    {
        await using var host = await GrpcHost.StartAsync(new() { Unary = (note, context) => Task.FromResult(new Note { Number = context.RequestHeaders.Count }) });
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note), headers: ("x-raw-bin", "!"));
        Assert.Equal((StatusCode.Internal, "The value of metadata 'x-raw-bin' is not valid base64.", true), await Raw.StatusAsync(response));
    }

    [Fact]
    public async Task Context_Call_KnowsMethodHostPeerAndHttpContext()
    {
        (string Method, string Host, string Peer, DateTime Deadline)? seen = null;
        HttpContext? http = null;
        await using var host = await GrpcHost.StartAsync(new()
        {
            Unary = (note, context) =>
            {
                seen = (context.Method, context.Host, context.Peer, context.Deadline);
                http = context.GetHttpContext();
                Assert.Same(http, context.UserState["__HttpContext"]);
                return Task.FromResult(note);
            },
        });
        (await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(s_note))).Dispose();
        Assert.Equal(Raw.UnaryPath, seen!.Value.Method);
        Assert.Equal(new Uri(host.Address).Authority, seen.Value.Host);
        Assert.Matches("^ipv4:127\\.0\\.0\\.1:[0-9]+$", seen.Value.Peer);
        Assert.Equal(DateTime.MaxValue, seen.Value.Deadline);
        Assert.NotNull(http);
    }

    [Theory]
    [InlineData("/tester.v1.Tester/Nothing", "Method is unimplemented.")]
    [InlineData("/nobody.Service/Unary", "Service is unimplemented.")]
    public async Task UnknownMethodOrService_GrpcCall_IsUnimplemented(string path, string message)
    {
        await using var host = await GrpcHost.StartAsync();
        using var response = await Raw.PostAsync(host, path, Raw.Frame(s_note));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((StatusCode.Unimplemented, message, true), await Raw.StatusAsync(response));
    }

    [Theory]
    [InlineData("//tester.v1.Tester/Unary")]
    [InlineData("/tester.v1.Tester//Unary")]
    [InlineData("/tester.v1.Tester%2fUnary")]
    [InlineData("/tester.v1.Tester/Unary/x")]
    [InlineData("/tester.v1.Tester/Un%61ry/..")]
    [InlineData("/tester.v1.Tester/")]
    [InlineData("/")]
    public async Task PathInAnotherSpelling_NeverReachesTheHandler(string path)
    {
        var called = false;
        await using var host = await GrpcHost.StartAsync(new() { Unary = (note, _) => { called = true; return Task.FromResult(note); } });
        using var response = await Raw.PostAsync(host, path, Raw.Frame(s_note));
        Assert.False(called);
        Assert.True(response.StatusCode == HttpStatusCode.NotFound || (await Raw.StatusAsync(response)).Code == StatusCode.Unimplemented, $"{response.StatusCode}");
    }

    [Fact]
    public async Task Unary_MessageOfAHundredMegabytes_IsRefusedAndOthersGoOn()
    {
        await using var host = await GrpcHost.StartAsync();
        using var content = new StreamContent(new Endless(100L * 1024 * 1024));
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("application/grpc");
        try
        {
            using var response = await Raw.SendAsync(host, Raw.UnaryPath, content);
            Assert.Equal(StatusCode.ResourceExhausted, (await Raw.StatusAsync(response)).Code);
        }
        catch (HttpRequestException)
        {
            // Ended while it was still being sent: that is an answer too.
        }

        Assert.Equal(s_note, await host.Client.UnaryAsync(s_note));
    }

    // A frame that says it has all these bytes, and then sends them.
    private sealed class Endless(long length) : Stream
    {
        private long _sent = -5;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_sent < 0)
            {
                byte[] head = [0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length];
                head.CopyTo(buffer, offset);
                _sent = 0;
                return 5;
            }

            var next = (int)Math.Min(count, length - _sent);
            _sent += next;
            return next;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    [Fact]
    public async Task MethodThatIsNotOverridden_Call_IsUnimplemented()
    {
        await using var host = await GrpcHost.StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.MissingAsync(s_note).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task UnknownPath_OtherContentType_Stays404()
    {
        await using var host = await GrpcHost.StartAsync();
        using var response = await Raw.PostAsync(host, "/some/thing", [], "application/json");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task UnknownServices_Ignored_AreLeftToTheOthers()
    {
        await using var host = await GrpcHost.StartAsync(
            options: o => o.IgnoreUnknownServices = true, map: app => app.MapPost("/{a}/{b}", () => Results.StatusCode(418)));
        using var response = await Raw.PostAsync(host, "/nobody.Service/Unary", Raw.Frame(s_note));
        Assert.Equal(418, (int)response.StatusCode);
    }
}
