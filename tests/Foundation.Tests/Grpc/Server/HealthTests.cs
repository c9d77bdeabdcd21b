using Grpc.Core;
using Grpc.Health.V1;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Server;

public sealed class HealthTests
{
    private HealthCheckResult _result = HealthCheckResult.Healthy();

    [Fact]
    public async Task Check_WholeServer_IsTheHostsHealth()
    {
        await using var host = await StartAsync();
        var client = new Health.HealthClient(host.Channel);
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        _result = HealthCheckResult.Degraded();
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        _result = HealthCheckResult.Unhealthy();
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest())).Status);
    }

    [Fact]
    public async Task Check_UnknownService_IsNotFound()
    {
        await using var host = await StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => new Health.HealthClient(host.Channel).CheckAsync(new HealthCheckRequest { Service = "nobody" }).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task Watch_Changes_AreSentOnce_AndTheEndOfTheHostEndsIt()
    {
        await using var host = await StartAsync();
        using var call = new Health.HealthClient(host.Channel).Watch(new HealthCheckRequest());
        await ExpectAsync(ServingStatus.Serving);
        _result = HealthCheckResult.Unhealthy();
        await ExpectAsync(ServingStatus.NotServing);
        _result = HealthCheckResult.Healthy();
        await ExpectAsync(ServingStatus.Serving);

        var stopping = host.StopAsync();
        await ExpectAsync(ServingStatus.NotServing);
        Assert.False(await call.ResponseStream.MoveNext());
        await stopping;

        async Task ExpectAsync(ServingStatus status)
        {
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(status, call.ResponseStream.Current.Status);
        }
    }

    [Fact]
    public async Task Watch_UnknownService_IsServiceUnknownAndStaysOpen()
    {
        await using var host = await StartAsync();
        using var call = new Health.HealthClient(host.Channel).Watch(new HealthCheckRequest { Service = "nobody" });
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.ServiceUnknown, call.ResponseStream.Current.Status);
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
    }

    [Fact]
    public async Task MapGrpcHealthChecksService_WithoutAdd_SaysSo()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => GrpcHost.StartAsync(map: app => app.MapGrpcHealthChecksService()));
        Assert.Contains("AddGrpcHealthChecks", error.Message, StringComparison.Ordinal);
    }

    private Task<GrpcHost> StartAsync() => GrpcHost.StartAsync(
        services: collection =>
        {
            collection.AddGrpcHealthChecks().AddCheck("test", () => _result);
            collection.Configure<HealthCheckPublisherOptions>(o =>
            {
                o.Delay = TimeSpan.Zero;
                o.Period = TimeSpan.FromSeconds(1);
            });
        },
        map: app => app.MapGrpcHealthChecksService());
}
