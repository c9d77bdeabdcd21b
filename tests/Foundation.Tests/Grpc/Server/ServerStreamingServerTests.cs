using Grpc.Core;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Server;

public sealed class ServerStreamingServerTests
{
    [Fact]
    public async Task Write_EachMessage_IsFlushedAtOnce()
    {
        var next = new SemaphoreSlim(0);
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, context) =>
            {
                for (var i = 1; i <= 3; i++)
                {
                    await responses.WriteAsync(new Note { Number = i });
                    await next.WaitAsync(context.CancellationToken);
                }
            },
        });
        using var call = host.Client.ServerStream(new Note());
        for (var i = 1; i <= 3; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(i, call.ResponseStream.Current.Number);
            next.Release();
        }

        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Write_NothingYet_HeadersComeOnlyWhenAskedFor()
    {
        var release = new TaskCompletionSource();
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, _, context) =>
            {
                await context.WriteResponseHeadersAsync(new() { { "x-early", "1" } });
                await release.Task;
            },
        });
        using var call = host.Client.ServerStream(new Note());
        Assert.Equal("1", (await call.ResponseHeadersAsync).GetValue("x-early"));
        release.SetResult();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Write_AfterTheHandlerReturned_IsRefused()
    {
        IServerStreamWriter<Note>? writer = null;
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, _) =>
            {
                writer = responses;
                await responses.WriteAsync(new Note());
            },
        });
        using var call = host.Client.ServerStream(new Note());
        Assert.Single(await call.ResponseStream.ReadAllAsync().ToListAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer!.WriteAsync(new Note()));
    }

    [Fact]
    public async Task Write_WhileAnotherIsInProgress_IsRefused()
    {
        Exception? second = null;
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, context) =>
            {
                // More than the client's window takes, so the write waits for the client to read.
                var first = responses.WriteAsync(new Note { Data = Google.Protobuf.ByteString.CopyFrom(new byte[3_000_000]) });
                second = await Record.ExceptionAsync(() => responses.WriteAsync(new Note()));
                await first;
            },
        });
        using var call = host.Client.ServerStream(new Note());
        Assert.Single(await call.ResponseStream.ReadAllAsync().ToListAsync());
        Assert.IsType<InvalidOperationException>(second);
    }

    [Fact]
    public async Task Write_Null_IsRefused()
    {
        Exception? error = null;
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, _) => error = await Record.ExceptionAsync(() => responses.WriteAsync(null!)),
        });
        using var call = host.Client.ServerStream(new Note());
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.IsType<ArgumentNullException>(error);
    }

    [Fact]
    public async Task BufferHint_Messages_LeaveWithTheNextFlush()
    {
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, _) =>
            {
                responses.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
                await responses.WriteAsync(new Note { Number = 1 });
                await responses.WriteAsync(new Note { Number = 2 });
            },
        });
        using var call = host.Client.ServerStream(new Note());
        Assert.Equal([1, 2], (await call.ResponseStream.ReadAllAsync().ToListAsync()).Select(n => n.Number));
    }

    [Fact]
    public async Task Client_Cancels_HandlerIsToldAndNothingIsLoggedAsError()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, context) =>
            {
                await responses.WriteAsync(new Note());
                started.SetResult();
                using var registration = context.CancellationToken.Register(cancelled.SetResult);
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            },
        });
        using (var call = host.Client.ServerStream(new Note()))
        {
            await started.Task;
        }

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await host.StopAsync();
        Assert.DoesNotContain(host.Logs.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Write_ClientIsGone_Fails()
    {
        var error = new TaskCompletionSource<Exception?>();
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, _) => error.SetResult(await Record.ExceptionAsync(async () =>
            {
                while (true)
                {
                    await responses.WriteAsync(new Note { Text = "still there?" });
                }
            })),
        });
        using (var call = host.Client.ServerStream(new Note()))
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }

        var thrown = await error.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(thrown is InvalidOperationException or OperationCanceledException, thrown?.ToString());
    }

    [Fact]
    public async Task Error_AfterMessages_ComesInTheTrailers()
    {
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, _) =>
            {
                await responses.WriteAsync(new Note { Number = 1 });
                throw new RpcException(new Status(StatusCode.Aborted, "mitten drin ✓"), new Metadata { { "x-at", "1" } });
            },
        });
        using var call = host.Client.ServerStream(new Note());
        Assert.True(await call.ResponseStream.MoveNext());
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal((StatusCode.Aborted, "mitten drin ✓"), (error.StatusCode, error.Status.Detail));
        Assert.Equal("1", error.Trailers.GetValue("x-at"));
    }

    [Fact]
    public async Task ManyMessages_OfAllSizes_ArriveInOrder()
    {
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (request, responses, _) =>
            {
                for (var i = 0; i < request.Number; i++)
                {
                    await responses.WriteAsync(new Note { Number = i, Data = Google.Protobuf.ByteString.CopyFrom(new byte[i * 37 % 70_000]) });
                }
            },
        });
        using var call = host.Client.ServerStream(new Note { Number = 1000 });
        var expected = 0;
        await foreach (var note in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(expected * 37 % 70_000, note.Data.Length);
            Assert.Equal(expected++, note.Number);
        }

        Assert.Equal(1000, expected);
    }

    [Fact]
    public async Task ClientStreamingAndDuplex_Messages_GoBothWays()
    {
        await using var host = await GrpcHost.StartAsync();
        using var sum = host.Client.ClientStream();
        using var echo = host.Client.Duplex();
        for (var i = 1; i <= 5; i++)
        {
            await sum.RequestStream.WriteAsync(new Note { Text = "x", Number = i });
            await echo.RequestStream.WriteAsync(new Note { Number = i });
            Assert.True(await echo.ResponseStream.MoveNext());
            Assert.Equal(i, echo.ResponseStream.Current.Number);
        }

        await sum.RequestStream.CompleteAsync();
        await echo.RequestStream.CompleteAsync();
        Assert.Equal(new Note { Text = "xxxxx", Number = 15 }, await sum);
        Assert.False(await echo.ResponseStream.MoveNext());
        await Assert.ThrowsAsync<InvalidOperationException>(() => echo.RequestStream.WriteAsync(new Note()));
    }

    [Fact]
    public async Task Duplex_ServerEndsEarly_ItsMessagesAreStillRead()
    {
        await using var host = await GrpcHost.StartAsync(new()
        {
            Duplex = async (_, responses, _) =>
            {
                await responses.WriteAsync(new Note { Number = 1 });
                await responses.WriteAsync(new Note { Number = 2 });
            },
        });
        using var call = host.Client.Duplex();
        await Record.ExceptionAsync(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(new Note { Data = Google.Protobuf.ByteString.CopyFrom(new byte[10_000]) });
            }
        });
        Assert.Equal([1, 2], (await call.ResponseStream.ReadAllAsync().ToListAsync()).Select(n => n.Number));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new Note()));
    }

    [Fact]
    public async Task ClientStreaming_ServerRefusesEarly_WriterLearnsTheStatus()
    {
        await using var host = await GrpcHost.StartAsync(new() { ClientStream = (_, _) => throw new RpcException(new Status(StatusCode.PermissionDenied, "no")) });
        using var call = host.Client.ClientStream();
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(new Note { Data = Google.Protobuf.ByteString.CopyFrom(new byte[10_000]) });
            }
        });
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }
}
