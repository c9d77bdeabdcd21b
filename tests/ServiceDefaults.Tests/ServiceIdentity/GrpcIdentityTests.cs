using Grpc.Core;
using Grpc.Net.Client;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ManagedOAuth.ServiceDefaults.Tests.ServiceIdentity;

public class GrpcIdentityTests
{
    private static readonly ServiceKeys s_keys = new("edge", "token", "config", "authorization-server");

    [Fact]
    public async Task Call_ByAllowedCaller_IsServedAndKnowsIt()
    {
        await using var token = await StartTokenAsync<MarkedSessions>();
        await using var edge = await StartCallerAsync("edge", token);
        var reply = await edge.Services.GetRequiredService<EdgeSessions.EdgeSessionsClient>()
            .RedeemSessionAsync(new RedeemSessionRequest { Code = "c" });
        Assert.Equal("edge", reply.Assertion);
    }

    [Fact]
    public async Task Call_ByAnotherService_IsPermissionDenied()
    {
        await using var token = await StartTokenAsync<MarkedSessions>();
        await using var config = await StartCallerAsync("config", token);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await config.Services
            .GetRequiredService<EdgeSessions.EdgeSessionsClient>().RedeemSessionAsync(new RedeemSessionRequest()));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    [Fact]
    public async Task Call_MethodWithItsOwnMark_FollowsIt()
    {
        await using var token = await StartTokenAsync<MarkedSessions>();
        await using var config = await StartCallerAsync("config", token);
        await using var edge = await StartCallerAsync("edge", token);
        await config.Services.GetRequiredService<EdgeSessions.EdgeSessionsClient>().EndSessionAsync(new EndSessionRequest());
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await edge.Services
            .GetRequiredService<EdgeSessions.EdgeSessionsClient>().EndSessionAsync(new EndSessionRequest()));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJlZGdlIiwiYXVkIjoidG9rZW4ifQ.AAAA")]
    public async Task Call_WithoutCredential_IsUnauthenticated(string? credential)
    {
        await using var token = await StartTokenAsync<MarkedSessions>();
        using var channel = GrpcChannel.ForAddress(token.GrpcAddress, new GrpcChannelOptions { DefaultDeadline = TimeSpan.FromMinutes(2) });
        var headers = new Metadata();
        if (credential is not null)
        {
            headers.Add(ServiceCredential.Header, credential);
        }

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await new EdgeSessions.EdgeSessionsClient(channel).RedeemSessionAsync(new RedeemSessionRequest(), headers));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
    }

    // Routes take other spellings for the same method; who may call it must not depend on which.
    [Theory]
    [InlineData("/managedoauth.token.v1.EdgeSessions/RedeemSession")]
    [InlineData("/managedoauth.token.v1.EdgeSessions/redeemsession")]
    [InlineData("/MANAGEDOAUTH.TOKEN.V1.EDGESESSIONS/RedeemSession")]
    [InlineData("/managedoauth.token.v1.EdgeSessions/RedeemSession/")]
    [InlineData("/grpc.health.v1.Health/../managedoauth.token.v1.EdgeSessions/RedeemSession")]
    [InlineData("/grpc.health.v1.Health%2fCheck/../../managedoauth.token.v1.EdgeSessions/RedeemSession")]
    public async Task Call_InAnotherSpelling_ByAnotherServiceOrNobody_IsNeverServed(string path)
    {
        await using var token = await StartTokenAsync<MarkedSessions>();
        await using var config = await StartCallerAsync("config", token);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        foreach (var credential in (string?[])[null, config.Services.GetRequiredService<ServiceCredentials>().For("token")])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(token.GrpcAddress + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
            {
                Version = System.Net.HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent([0, 0, 0, 0, 0]) { Headers = { { "Content-Type", "application/grpc" } } },
            };
            if (credential is not null)
            {
                request.Headers.Add(ServiceCredential.Header, credential);
            }

            using var answer = await http.SendAsync(request, CancellationToken.None);
            await answer.Content.ReadAsByteArrayAsync();
            var status = answer.Headers.Concat(answer.TrailingHeaders).Where(header => header.Key == "grpc-status").SelectMany(header => header.Value).FirstOrDefault();
            Assert.True(!answer.IsSuccessStatusCode || status is "16" or "7" or "12", $"{answer.StatusCode} {status}");
        }
    }

    [Fact]
    public async Task Call_WithTwoCredentials_IsUnauthenticated()
    {
        await using var token = await StartTokenAsync<MarkedSessions>();
        await using var edge = await StartCallerAsync("edge", token);
        var credential = edge.Services.GetRequiredService<ServiceCredentials>().For("token");
        using var channel = GrpcChannel.ForAddress(token.GrpcAddress, new GrpcChannelOptions { DefaultDeadline = TimeSpan.FromMinutes(2) });
        var headers = new Metadata { { ServiceCredential.Header, credential }, { ServiceCredential.Header, credential } };
        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await new EdgeSessions.EdgeSessionsClient(channel).RedeemSessionAsync(new RedeemSessionRequest(), headers));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
    }

    [Fact]
    public async Task Start_WithUnmarkedMethod_IsRefusedByName()
    {
        var refused = await Assert.ThrowsAsync<StartupRefusedException>(() => StartTokenAsync<UnmarkedSessions>());
        Assert.Contains("RedeemSession", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutMapDefaultEndpoints_IsRefused() =>
        await Assert.ThrowsAsync<StartupRefusedException>(() => TestService.StartAsync("token", s_keys, mapDefaults: false));

    [Fact]
    public async Task Start_WithAnotherServicesName_IsRefused()
    {
        var settings = new Dictionary<string, string?> { ["ServiceIdentity:Name"] = "edge" };
        var refused = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(
            () => TestService.StartAsync("token", s_keys, settings: settings));
        Assert.Contains("ServiceIdentity:Name", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutKeys_NamesEveryMissingSetting()
    {
        var settings = new Dictionary<string, string?> { ["ServiceIdentity:KeyFile"] = "", ["ServiceIdentity:TrustedKeys"] = "" };
        var refused = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(
            () => TestService.StartAsync("token", s_keys, settings: settings));
        Assert.Contains("ServiceIdentity:KeyFile", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ServiceIdentity:TrustedKeys", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<TestService> StartTokenAsync<TService>() where TService : class
    {
        var service = await TestService.StartAsync(
            "token", s_keys,
            build: builder => builder.Services.AddGrpc(),
            map: app => app.MapGrpcService<TService>());
        await Eventually.Async(service.IsReadyAsync);
        return service;
    }

    private static Task<TestService> StartCallerAsync(string name, TestService token) => TestService.StartAsync(
        name, s_keys,
        build: builder => builder.Services.AddServiceClient<EdgeSessions.EdgeSessionsClient>("token"),
        settings: new Dictionary<string, string?> { ["services:token:grpc:0"] = token.GrpcAddress });

    [AllowedCallers("edge")]
    private sealed class MarkedSessions : EdgeSessions.EdgeSessionsBase
    {
        public override Task<RedeemSessionReply> RedeemSession(RedeemSessionRequest request, ServerCallContext context) =>
            Task.FromResult(new RedeemSessionReply { Assertion = context.GetCaller() });

        [AllowedCallers("config")]
        public override Task<EndSessionReply> EndSession(EndSessionRequest request, ServerCallContext context) =>
            Task.FromResult(new EndSessionReply());
    }

    private sealed class UnmarkedSessions : EdgeSessions.EdgeSessionsBase
    {
        public override Task<RedeemSessionReply> RedeemSession(RedeemSessionRequest request, ServerCallContext context) =>
            Task.FromResult(new RedeemSessionReply());
    }
}
