using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.ClientFactory;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Client;

public sealed class ClientFactoryTests
{
    [Fact]
    public async Task AddGrpcClient_ServiceName_IsResolvedOverConfiguration()
    {
        await using var host = await GrpcHost.StartAsync();
        await using var services = Services(host, collection => collection.AddGrpcClient<Tester.V1.Tester.TesterClient>(o => o.Address = new Uri("http://_grpc.token")));
        Assert.Equal(5, (await services.GetRequiredService<Tester.V1.Tester.TesterClient>().UnaryAsync(new Note { Number = 5 })).Number);
    }

    [Fact]
    public async Task AddInterceptor_Several_SeeTheCallInOrder()
    {
        Metadata? seen = null;
        await using var host = await GrpcHost.StartAsync(new() { Unary = (note, context) => { seen = context.RequestHeaders; return Task.FromResult(note); } });
        await using var services = Services(host, collection =>
        {
            collection.AddSingleton(new Tagging("1"));
            collection.AddGrpcClient<Tester.V1.Tester.TesterClient>(o => o.Address = new Uri("http://_grpc.token"))
                .AddInterceptor<Tagging>()
                .AddInterceptor(_ => new Tagging("2"))
                .AddInterceptor(() => new Tagging("3"));
        });
        var client = services.GetRequiredService<Tester.V1.Tester.TesterClient>();
        await client.UnaryAsync(new Note());

        // The HTTP client joins values of one name.
        Assert.Equal("1, 2, 3", string.Join(", ", seen!.GetAll("x-tag").Select(e => e.Value)));
        await Task.Run(() => client.Unary(new Note()));
        Assert.Equal("1, 2, 3", string.Join(", ", seen.GetAll("x-tag").Select(e => e.Value)));
    }

    [Fact]
    public async Task AddInterceptor_Scopes_DecideHowOftenItIsMade()
    {
        await using var host = await GrpcHost.StartAsync();
        int shared = 0, perClient = 0;
        await using var services = Services(host, collection => collection
            .AddGrpcClient<Tester.V1.Tester.TesterClient>(o => o.Address = new Uri("http://_grpc.token"))
            .AddInterceptor(_ => { shared++; return new Tagging("s"); })
            .AddInterceptor(InterceptorScope.Client, _ => { perClient++; return new Tagging("c"); }));
        for (var i = 0; i < 3; i++)
        {
            await services.GetRequiredService<Tester.V1.Tester.TesterClient>().UnaryAsync(new Note());
        }

        Assert.Equal((1, 3), (shared, perClient));
    }

    [Fact]
    public async Task DefaultDeadline_OfTheClient_IsUsed()
    {
        await using var host = await GrpcHost.StartAsync(new() { Unary = (_, context) => Task.FromResult(new Note { Text = context.GetHttpContext().Request.Headers["grpc-timeout"].ToString() }) });
        await using var services = Services(host, collection => collection.AddGrpcClient<Tester.V1.Tester.TesterClient>(o =>
        {
            o.Address = new Uri("http://_grpc.token");
            o.DefaultDeadline = TimeSpan.FromHours(1);
        }));
        Assert.Matches("^(3600S|359[0-9]{4}m)$", (await services.GetRequiredService<Tester.V1.Tester.TesterClient>().UnaryAsync(new Note())).Text);
    }

    [Fact]
    public async Task ConfigureChannel_Limits_AreUsed()
    {
        await using var host = await GrpcHost.StartAsync();
        await using var services = Services(host, collection => collection
            .AddGrpcClient<Tester.V1.Tester.TesterClient>(o => o.Address = new Uri("http://_grpc.token"))
            .ConfigureChannel(o => o.MaxSendMessageSize = 1));
        var error = await Assert.ThrowsAsync<RpcException>(() => services.GetRequiredService<Tester.V1.Tester.TesterClient>().UnaryAsync(new Note { Text = "12" }).ResponseAsync);
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task NamedClients_SameType_HaveTheirOwnChannels()
    {
        await using var a = await GrpcHost.StartAsync(new() { Unary = (_, _) => Task.FromResult(new Note { Text = "a" }) });
        await using var b = await GrpcHost.StartAsync(new() { Unary = (_, _) => Task.FromResult(new Note { Text = "b" }) });
        await using var services = Services(a, collection =>
        {
            collection.AddGrpcClient<Tester.V1.Tester.TesterClient>("a", o => o.Address = new Uri(a.Address));
            collection.AddGrpcClient<Tester.V1.Tester.TesterClient>("b", o => o.Address = new Uri(b.Address));
        });
        var factory = services.GetRequiredService<GrpcClientFactory>();
        Assert.Equal("a", (await factory.CreateClient<Tester.V1.Tester.TesterClient>("a").UnaryAsync(new Note())).Text);
        Assert.Equal("b", (await factory.CreateClient<Tester.V1.Tester.TesterClient>("b").UnaryAsync(new Note())).Text);
    }

    [Fact]
    public async Task AddGrpcClient_NoAddress_SaysSo()
    {
        await using var host = await GrpcHost.StartAsync();
        await using var services = Services(host, collection => collection.AddGrpcClient<Tester.V1.Tester.TesterClient>(_ => { }));
        var error = Assert.Throws<InvalidOperationException>(services.GetRequiredService<Tester.V1.Tester.TesterClient>);
        Assert.Contains("has no address", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Container_Disposed_CancelsItsCalls()
    {
        await using var host = await GrpcHost.StartAsync(new() { ServerStream = async (_, responses, context) => { await responses.WriteAsync(new Note()); await Task.Delay(Timeout.Infinite, context.CancellationToken); } });
        var services = Services(host, collection => collection.AddGrpcClient<Tester.V1.Tester.TesterClient>(o => o.Address = new Uri("http://_grpc.token")));
        using var call = services.GetRequiredService<Tester.V1.Tester.TesterClient>().ServerStream(new Note());
        Assert.True(await call.ResponseStream.MoveNext());
        await services.DisposeAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    [Fact]
    public async Task TestServer_UnaryErrorsAndStreams_WorkOverItsHandler()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new TesterHandlers
        {
            Unary = (note, _) => note.Number < 0 ? throw new RpcException(new Status(StatusCode.InvalidArgument, "negative")) : Task.FromResult(note),
        });
        await using var app = builder.Build();
        app.MapGrpcService<TesterService>();
        await app.StartAsync();
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = app.GetTestServer().CreateHandler() });
        var client = new Tester.V1.Tester.TesterClient(channel);

        Assert.Equal(1, (await client.UnaryAsync(new Note { Number = 1 })).Number);
        var error = await Assert.ThrowsAsync<RpcException>(() => client.UnaryAsync(new Note { Number = -1 }).ResponseAsync);
        Assert.Equal((StatusCode.InvalidArgument, "negative"), (error.StatusCode, error.Status.Detail));
        using var stream = client.ServerStream(new Note { Number = 3 });
        Assert.Equal(3, (await stream.ResponseStream.ReadAllAsync().ToListAsync()).Count);
        using var duplex = client.Duplex();
        await duplex.RequestStream.WriteAsync(new Note { Number = 9 });
        Assert.True(await duplex.ResponseStream.MoveNext());
        Assert.Equal(9, duplex.ResponseStream.Current.Number);
    }

    private static ServiceProvider Services(GrpcHost host, Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["services:token:grpc:0"] = host.Address }).Build());
        services.ConfigureAll<GrpcClientFactoryOptions>(options => options.DefaultDeadline = TimeSpan.FromMinutes(1));
        configure(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    private sealed class Tagging(string tag) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Tag(context));

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Tag(context));

        private ClientInterceptorContext<TRequest, TResponse> Tag<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            Metadata headers = [.. context.Options.Headers ?? [], new Metadata.Entry("x-tag", tag)];
            return new(context.Method, context.Host, context.Options.WithHeaders(headers));
        }
    }
}
