using Grpc.Core;
using Grpc.Net.Client;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Client;

public sealed class ClientDeadlineTests
{
    [Fact]
    public async Task Deadline_Passes_CallEndsAndServerIsToldInItsHeader()
    {
        var timeout = "";
        await using var host = await GrpcHost.StartRawAsync(async http =>
        {
            timeout = http.Request.Headers["grpc-timeout"].ToString();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        var wait = 300;
        do
        {
            using var call = host.Client.UnaryAsync(new Note(), deadline: DateTime.UtcNow.AddMilliseconds(wait));
            var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
            Assert.Equal((StatusCode.DeadlineExceeded, ""), (error.StatusCode, error.Status.Detail));
            Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);

            // A busy machine may need all that time to connect.
            wait *= 5;
        }
        while (timeout.Length == 0 && wait < 60_000);
        Assert.Matches("^([0-9]{1,5}m|[0-9]{1,2}S)$", timeout);
    }

    [Fact]
    public async Task Deadline_AlreadyPassed_NothingIsSent()
    {
        var called = false;
        await using var host = await GrpcHost.StartAsync(new() { Unary = (note, _) => { called = true; return Task.FromResult(note); } });
        foreach (var past in new[] { DateTime.UtcNow.AddSeconds(-1), DateTime.MinValue })
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(new Note(), deadline: past).ResponseAsync);
            Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        }

        Assert.False(called);
    }

    [Fact]
    public async Task Deadline_VeryFar_IsClampedAndWorks()
    {
        await using var host = await GrpcHost.StartAsync(new() { Unary = (_, context) => Task.FromResult(new Note { Text = context.GetHttpContext().Request.Headers["grpc-timeout"].ToString() }) });
        Assert.Equal("99999999S", (await host.Client.UnaryAsync(new Note(), deadline: new DateTime(9000, 1, 1, 0, 0, 0, DateTimeKind.Utc))).Text);
    }

    [Fact]
    public async Task Deadline_InLocalTime_IsRefused()
    {
        await using var host = await GrpcHost.StartAsync();
        Assert.Throws<InvalidOperationException>(() => host.Client.UnaryAsync(new Note(), deadline: DateTime.Now.AddSeconds(1)));
    }

    [Fact]
    public async Task DefaultDeadline_UnaryWithoutOne_HasIt_StreamsDoNot()
    {
        var unary = "";
        var stream = "x";
        await using var host = await GrpcHost.StartAsync(new()
        {
            Unary = (note, context) => { unary = context.GetHttpContext().Request.Headers["grpc-timeout"].ToString(); return Task.FromResult(note); },
            ServerStream = (_, _, context) => { stream = context.GetHttpContext().Request.Headers["grpc-timeout"].ToString(); return Task.CompletedTask; },
        });
        using var channel = GrpcChannel.ForAddress(host.Address);
        await Eventually.Passes(async () =>
        {
            await new Tester.V1.Tester.TesterClient(channel).UnaryAsync(new Note());
            Assert.Matches("^(5S|4[0-9]{3}m)$", unary);
        });
        using var call = new Tester.V1.Tester.TesterClient(channel).ServerStream(new Note());
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal("", stream);

        using var none = GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { DefaultDeadline = null });
        await new Tester.V1.Tester.TesterClient(none).UnaryAsync(new Note());
        Assert.Equal("", unary);
    }

    [Fact]
    public async Task DefaultDeadline_ServerNeverAnswers_EndsTheCall()
    {
        await using var host = await GrpcHost.StartRawAsync(http => Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var channel = GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { DefaultDeadline = TimeSpan.FromMilliseconds(100) });
        var error = await Assert.ThrowsAsync<RpcException>(() => new Tester.V1.Tester.TesterClient(channel).UnaryAsync(new Note()).ResponseAsync);
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task ServerResetsWithCancel_AfterTheDeadlineByOurClock_IsDeadlineExceeded()
    {
        var clock = new ManualClock();
        await using var host = await GrpcHost.StartRawAsync(http =>
        {
            clock.Now += TimeSpan.FromMinutes(1);
            http.Features.GetRequiredFeature<IHttpResetFeature>().Reset(0x8);
            return Task.CompletedTask;
        });
        using var channel = GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { Clock = clock });
        var error = await Assert.ThrowsAsync<RpcException>(() =>
            new Tester.V1.Tester.TesterClient(channel).UnaryAsync(new Note(), deadline: clock.Now.UtcDateTime.AddSeconds(30)).ResponseAsync);
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task Stream_DeadlineWhileItWaits_EndsTheRead()
    {
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, context) =>
            {
                await responses.WriteAsync(new Note());
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            },
        });
        for (var wait = 400; ; wait *= 5)
        {
            using var call = host.Client.ServerStream(new Note(), deadline: DateTime.UtcNow.AddMilliseconds(wait));
            try
            {
                Assert.True(await call.ResponseStream.MoveNext());
            }
            catch (RpcException tooLate) when (tooLate.StatusCode == StatusCode.DeadlineExceeded && wait < 20_000)
            {
                // A busy machine needed all that time for the first message.
                continue;
            }

            var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
            Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
            return;
        }
    }

    /// <summary>Real timers, a date that the test moves.</summary>
    private sealed class ManualClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
