using Grpc.Core;
using Grpc.Net.Client;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Client;

/// <summary>Server streams against a server that answers byte by byte.</summary>
public sealed class ServerStreamingClientTests
{
    private static readonly byte[] s_one = Raw.Frame(new Note { Number = 1 });
    private static readonly byte[] s_two = Raw.Frame(new Note { Number = 2 });

    public static TheoryData<byte[][]> Chunkings => new()
    {
        new[] { s_one, s_two },
        new[] { (byte[])[.. s_one, .. s_two] },
        new[] { (byte[])[.. s_one, s_two[0]], s_two[1..] },
        new[] { s_one[..3], (byte[])[.. s_one[3..], .. s_two[..5]], s_two[5..] },
    };

    [Theory]
    [MemberData(nameof(Chunkings))]
    public async Task MessagesTogetherOrSplit_ThenOk_AreReadInOrder(byte[][] chunks)
    {
        await using var host = await GrpcHost.StartRawAsync(chunks, ("grpc-status", "0"), ("x-after", "1"));
        using var call = host.Client.ServerStream(new Note());
        Assert.Equal([1, 2], (await call.ResponseStream.ReadAllAsync().ToListAsync()).Select(n => n.Number));
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Null(call.ResponseStream.Current);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("1", call.GetTrailers().GetValue("x-after"));
    }

    [Fact]
    public async Task Messages_ThenError_ThrowTheSameStatusAgain()
    {
        await using var host = await GrpcHost.StartRawAsync([s_one], ("grpc-status", "10"), ("grpc-message", "later"));
        using var call = host.Client.ServerStream(new Note());
        Assert.True(await call.ResponseStream.MoveNext());
        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
            Assert.Equal((StatusCode.Aborted, "later"), (error.StatusCode, error.Status.Detail));
        }
    }

    [Fact]
    public async Task Body_EndsInsideAMessage_IsInternal()
    {
        await using var host = await GrpcHost.StartRawAsync([s_one, s_two[..4]], ("grpc-status", "0"));
        using var call = host.Client.ServerStream(new Note());
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    [Theory]
    [InlineData("0", StatusCode.OK)]
    [InlineData("7", StatusCode.PermissionDenied)]
    public async Task TrailersOnly_Status_IsAnEmptyStreamOrTheError(string status, StatusCode code)
    {
        await using var host = await GrpcHost.StartRawAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = status;
            return Task.CompletedTask;
        });
        using var call = host.Client.ServerStream(new Note());
        if (code == StatusCode.OK)
        {
            Assert.False(await call.ResponseStream.MoveNext());
        }
        else
        {
            Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
        }

        Assert.Equal(code, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task ConnectionBreaks_InTheMiddle_IsUnavailable()
    {
        var read = new TaskCompletionSource();
        await using var host = await GrpcHost.StartRawAsync(async http =>
        {
            http.Response.ContentType = "application/grpc";
            await http.Response.Body.WriteAsync(s_one);
            await http.Response.Body.FlushAsync();
            await read.Task;
            http.Features.GetRequiredFeature<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>().Abort();
        });
        using var call = host.Client.ServerStream(new Note());
        Assert.True(await call.ResponseStream.MoveNext());
        read.SetResult();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    [Fact]
    public async Task ResponseHeaders_WhenTheCallFails_FailAsWell()
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{Testing.FreePort.Next()}");
        using var call = new Tester.V1.Tester.TesterClient(channel).ServerStream(new Note());
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseHeadersAsync)).StatusCode);
    }
}
