using System.Collections.Concurrent;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Server;

public sealed class ServerInterceptorTests
{
    private readonly ConcurrentQueue<string> _trace = [];

    [Fact]
    public async Task Interceptors_EveryKindOfMethod_SeeTheCallInOrder()
    {
        await using var host = await GrpcHost.StartAsync(options: o =>
        {
            o.Interceptors.Add<Tracing>("first");
            o.Interceptors.Add<Tracing>("second");
        }, services: s => s.AddSingleton(_trace));
        var client = host.Client;
        await client.UnaryAsync(new Note());
        using var stream = client.ServerStream(new Note { Number = 1 });
        Assert.Single(await stream.ResponseStream.ReadAllAsync().ToListAsync());
        using var sum = client.ClientStream();
        await sum.RequestStream.CompleteAsync();
        await sum;
        using var duplex = client.Duplex();
        await duplex.RequestStream.CompleteAsync();
        Assert.False(await duplex.ResponseStream.MoveNext());

        string[] around = ["> first", "> second", "< second", "< first"];
        string[] kinds = ["unary", "server", "client", "duplex"];
        Assert.Equal(kinds.SelectMany(kind => around.Select(step => $"{step} {kind}")), _trace.Where(line => !line.StartsWith("disposed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Interceptor_NotRegistered_IsMadeAndDisposedPerCall()
    {
        await using var host = await GrpcHost.StartAsync(options: o => o.Interceptors.Add<Tracing>("one"), services: s => s.AddSingleton(_trace));
        await host.Client.UnaryAsync(new Note());
        await host.Client.UnaryAsync(new Note());
        await Testing.Eventually.Async(() => _trace.Count(line => line == "disposed one") == 2);
    }

    [Fact]
    public async Task Interceptor_Registered_IsTheService()
    {
        var registered = new Counting();
        await using var host = await GrpcHost.StartAsync(options: o => o.Interceptors.Add<Counting>(), services: s => s.AddSingleton(registered));
        await host.Client.UnaryAsync(new Note());
        await host.Client.UnaryAsync(new Note());
        Assert.Equal(2, registered.Calls);
    }

    [Fact]
    public async Task Interceptor_Refuses_HandlerIsNotCalled()
    {
        var called = false;
        await using var host = await GrpcHost.StartAsync(
            new() { Unary = (note, _) => { called = true; return Task.FromResult(note); } }, o => o.Interceptors.Add<Refusing>());
        var error = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryAsync(new Note()).ResponseAsync);
        Assert.Equal((StatusCode.Unauthenticated, "who are you?"), (error.StatusCode, error.Status.Detail));
        using var stream = host.Client.ServerStream(new Note());
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext())).StatusCode);
        Assert.False(called);
    }

    [Fact]
    public void Add_NoInterceptor_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new InterceptorCollection().Add(typeof(string)));

    private sealed class Tracing(ConcurrentQueue<string> trace, string name) : Interceptor, IDisposable
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            TResponse? response = null;
            await AroundAsync("unary", async () => response = await continuation(request, context));
            return response!;
        }

        public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            TResponse? response = null;
            await AroundAsync("client", async () => response = await continuation(requestStream, context));
            return response!;
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
            AroundAsync("server", () => continuation(request, responseStream, context));

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
            AroundAsync("duplex", () => continuation(requestStream, responseStream, context));

        public void Dispose() => trace.Enqueue($"disposed {name}");

        private async Task AroundAsync(string kind, Func<Task> call)
        {
            trace.Enqueue($"> {name} {kind}");
            await call();
            trace.Enqueue($"< {name} {kind}");
        }
    }

    private sealed class Counting : Interceptor
    {
        private int _calls;

        public int Calls => _calls;

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Interlocked.Increment(ref _calls);
            return continuation(request, context);
        }
    }

    private sealed class Refusing : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) => throw Refusal();

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) => throw Refusal();

        private static RpcException Refusal() => new(new Status(StatusCode.Unauthenticated, "who are you?"));
    }
}
