using System.Runtime.CompilerServices;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Health.V1;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Server;

public sealed class MappingTests
{
    [Fact]
    public async Task Endpoints_EachMethod_CarryServiceMethodAndAttributes()
    {
        await using var host = await GrpcHost.StartAsync();
        var methods = host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null)
            .ToDictionary(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()!.Method.FullName);

        Assert.Equal(["ClientStream", "Duplex", "Missing", "ServerStream", "Unary"], methods.Keys.Select(name => name.Split('/')[^1]).Order());
        var unary = methods[Raw.UnaryPath];
        Assert.Equal(typeof(TesterService), unary.Metadata.GetMetadata<GrpcMethodMetadata>()!.ServiceType);
        Assert.Equal(["class", "method"], unary.Metadata.GetOrderedMetadata<MarkAttribute>().Select(mark => mark.Name));
        Assert.Equal("method", unary.Metadata.GetMetadata<MarkAttribute>()!.Name);
        Assert.Equal("class", methods[Raw.ServerStreamPath].Metadata.GetMetadata<MarkAttribute>()!.Name);
        Assert.Equal("gRPC - " + Raw.UnaryPath, unary.DisplayName);
    }

    [Fact]
    public async Task Conventions_OfTheService_ReachEachMethod()
    {
        await using var host = await GrpcHost.StartAsync(map: app => app.MapGrpcService<SecondService>().WithMetadata(new MarkAttribute("added")));
        var marked = host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType == typeof(SecondService));
        Assert.All(marked, endpoint => Assert.Equal("added", endpoint.Metadata.GetMetadata<MarkAttribute>()!.Name));
    }

    [Fact]
    public void MapGrpcService_WithoutAddGrpc_SaysSo()
    {
        var app = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddGrpc", Assert.Throws<InvalidOperationException>(() => app.MapGrpcService<TesterService>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MapGrpcService_OtherClass_SaysSo()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        Assert.Contains("does not derive", Assert.Throws<InvalidOperationException>(() => builder.Build().MapGrpcService<MappingTests>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddGrpc_NegativeLimit_FailsValidation()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc(o => { o.MaxReceiveMessageSize = -1; o.MaxSendMessageSize = -1; });
        var error = Assert.Throws<OptionsValidationException>(() => builder.Build().MapGrpcService<TesterService>());
        Assert.Equal(2, error.Failures.Count());
    }

    [Fact]
    public async Task Kestrel_EndpointsFromConfiguration_ServeHttp1AndGrpcSideBySide()
    {
        int http = FreePort.Next(), grpc = FreePort.Next();
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:http:Url"] = $"http://127.0.0.1:{http}",
            ["Kestrel:Endpoints:grpc:Url"] = $"http://127.0.0.1:{grpc}",
            ["Kestrel:Endpoints:grpc:Protocols"] = "Http2",
            ["services:self:grpc:0"] = $"http://127.0.0.1:{grpc}",
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<TesterHandlers>();
        builder.Services.AddGrpcClient<Tester.V1.Tester.TesterClient>(o => (o.Address, o.DefaultDeadline) = (new Uri("http://_grpc.self"), TimeSpan.FromMinutes(1)));
        await using var app = builder.Build();
        app.MapGrpcService<TesterService>();
        app.MapGet("/health", () => "fine");
        await app.StartAsync();

        Assert.Equal(4, (await app.Services.GetRequiredService<Tester.V1.Tester.TesterClient>().UnaryAsync(new Note { Number = 4 })).Number);
        using var client = new HttpClient();
        Assert.Equal("fine", await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/health")));
    }

    [Fact]
    public async Task Service_NotRegistered_IsMadeAndDisposedPerCall()
    {
        var disposed = new StrongBox<int>();
        await using var host = await GrpcHost.StartAsync(
            services: collection => collection.AddSingleton(disposed), map: app => app.MapGrpcService<DisposableService>());
        var client = new Health.HealthClient(host.Channel);
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => client.CheckAsync(new HealthCheckRequest()).ResponseAsync)).StatusCode);
        using var watch = client.Watch(new HealthCheckRequest());
        Assert.False(await watch.ResponseStream.MoveNext());
        await Eventually.Async(() => disposed.Value == 2);
    }

    private sealed class SecondService : Health.HealthBase;

    private sealed class DisposableService(StrongBox<int> disposed) : Health.HealthBase, IAsyncDisposable
    {
        public override Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context) => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            Interlocked.Increment(ref disposed.Value);
            return ValueTask.CompletedTask;
        }
    }
}
