using System.Collections.Concurrent;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Wire;
using ManagedOAuth.Foundation.Tests.Tester.V1;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Client;

public sealed class CancellationTests
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _serverCancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Token_WhileTheServerWorks_EndsTheCallOnBothSides()
    {
        await using var host = await StartAsync();
        using var cancellation = new CancellationTokenSource();
        using var call = host.Client.UnaryAsync(new Note(), cancellationToken: cancellation.Token);
        await _started.Task;
        await cancellation.CancelAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal((StatusCode.Cancelled, "Call canceled by the client."), (error.StatusCode, error.Status.Detail));
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        await _serverCancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Token_AlreadyCancelled_NothingIsSent()
    {
        await using var host = await StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(new Note(), cancellationToken: new CancellationToken(true)).ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        Assert.False(_started.Task.IsCompleted);
    }

    [Fact]
    public async Task Dispose_OfACallOrItsChannel_CancelsIt()
    {
        await using var host = await StartAsync();
        var channel = GrpcChannel.ForAddress(host.Address);
        var first = new Tester.V1.Tester.TesterClient(channel).UnaryAsync(new Note());
        var second = new Tester.V1.Tester.TesterClient(channel).ServerStream(new Note());
        await _started.Task;
        first.Dispose();
        Assert.Equal("gRPC call disposed.", (await Assert.ThrowsAsync<RpcException>(() => first.ResponseAsync)).Status.Detail);
        channel.Dispose();
        Assert.Equal("gRPC call disposed.", (await Assert.ThrowsAsync<RpcException>(() => second.ResponseStream.MoveNext())).Status.Detail);
        await _serverCancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Throws<ObjectDisposedException>(() => new Tester.V1.Tester.TesterClient(channel));
    }

    [Fact]
    public async Task Dispose_AfterTheEnd_ChangesNothing()
    {
        await using var host = await GrpcHost.StartAsync();
        var call = host.Client.UnaryAsync(new Note { Number = 3 });
        Assert.Equal(3, (await call).Number);
        call.Dispose();
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task ThrowOperationCanceled_Option_ChangesTheException()
    {
        await using var host = await StartAsync();
        using var channel = GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { ThrowOperationCanceledOnCancellation = true });
        var client = new Tester.V1.Tester.TesterClient(channel);
        using var cancellation = new CancellationTokenSource();
        var call = client.UnaryAsync(new Note(), cancellationToken: cancellation.Token);
        await _started.Task;
        await cancellation.CancelAsync();
        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => call.ResponseAsync);
        Assert.Equal(cancellation.Token, error.CancellationToken);
        Assert.IsType<RpcException>(error.InnerException);
        await Assert.ThrowsAsync<OperationCanceledException>(() => client.UnaryAsync(new Note(), deadline: DateTime.UtcNow).ResponseAsync);
    }

    [Fact]
    public async Task MoveNext_TokenCancelled_EndsTheCall()
    {
        await using var host = await StartAsync();
        using var call = host.Client.ServerStream(new Note());
        Assert.True(await call.ResponseStream.MoveNext());
        using var cancellation = new CancellationTokenSource();
        var waiting = call.ResponseStream.MoveNext(cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => waiting)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
        await _serverCancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task MoveNext_WhileAnotherIsInProgress_IsRefused()
    {
        await using var host = await StartAsync();
        using var call = host.Client.ServerStream(new Note());
        Assert.True(await call.ResponseStream.MoveNext());
        var waiting = call.ResponseStream.MoveNext();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext());
        call.Dispose();
        await Assert.ThrowsAsync<RpcException>(() => waiting);
    }

    [Fact]
    public async Task Cancellations_AtAnyMoment_NeverMixTheBytesOfCalls()
    {
        await using var host = await GrpcHost.StartAsync();
        var wrong = new ConcurrentQueue<string>();
        var done = 0;
        await Parallel.ForAsync(0, 4000, new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, _) =>
        {
            var note = new Note { Number = i, Data = ByteString.CopyFrom(Bytes(i)) };
            using var cancellation = new CancellationTokenSource();
            if (i % 3 == 0)
            {
                cancellation.CancelAfter(TimeSpan.FromMicroseconds(i % 4000));
            }

            try
            {
                var answer = await host.Client.UnaryAsync(note, cancellationToken: cancellation.Token, deadline: DateTime.UtcNow.AddMinutes(1));
                Interlocked.Increment(ref done);
                if (!answer.Equals(note))
                {
                    wrong.Enqueue($"call {i} got the bytes of another");
                }
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && i % 3 == 0)
            {
            }
        });
        Assert.Empty(wrong);
        Assert.True(done > 2000);
        Assert.DoesNotContain(host.Logs.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task RequestBuffer_OfACancelledSend_IsNotReturnedToThePool()
    {
        var marshaller = Marshallers.Create<Note>(note => note.ToByteArray(), bytes => Note.Parser.ParseFrom(bytes));
        var sent = new SingleRequestContent(FrameWriter.Serialize(marshaller, new Note { Text = "kept" }, null));
        var cancelled = FrameWriter.Serialize(marshaller, new Note { Text = "kept" }, null);
        var content = new SingleRequestContent(cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => content.CopyToAsync(Stream.Null, new CancellationToken(true)));
        content.Release();
        Assert.NotEqual(0, cancelled.Frame.Length);

        using var wire = new MemoryStream();
        await sent.CopyToAsync(wire);
        Assert.Equal(Raw.Frame(new Note { Text = "kept" }), wire.ToArray());
        Assert.Null(Record.Exception(sent.Release));
    }

    private static byte[] Bytes(int seed) => SHA256.HashData(BitConverter.GetBytes(seed)) is var hash
        ? [.. Enumerable.Range(0, seed * 7 % 60_000).Select(i => hash[i % hash.Length])]
        : [];

    /// <summary>A server whose calls wait to be cancelled.</summary>
    private Task<GrpcHost> StartAsync() => GrpcHost.StartAsync(new()
    {
        Unary = async (note, context) =>
        {
            await WaitAsync(context);
            return note;
        },
        ServerStream = async (_, responses, context) =>
        {
            await responses.WriteAsync(new Note());
            await WaitAsync(context);
        },
    });

    private async Task WaitAsync(ServerCallContext context)
    {
        await using var registration = context.CancellationToken.Register(() => _serverCancelled.TrySetResult());
        _started.TrySetResult();
        await Task.Delay(Timeout.Infinite, context.CancellationToken);
    }
}
