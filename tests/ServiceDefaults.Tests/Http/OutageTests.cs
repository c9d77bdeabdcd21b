using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.Http;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ManagedOAuth.ServiceDefaults.Tests.Http;

public class OutageTests
{
    private static readonly ServiceKeys s_keys = new("edge", "token");

    public static TheoryData<Exception, bool> Kinds => new()
    {
        { new HotStoreUnavailableException(), true },
        { new KeysUnavailableException(), true },
        { new TimeoutException(), true },
        { new NpgsqlException("x", new IOException()), true },
        { new RpcException(new Status(StatusCode.Unavailable, "")), true },
        { new RpcException(new Status(StatusCode.DeadlineExceeded, "")), true },
        { new RpcException(new Status(StatusCode.NotFound, "")), false },
        { new InvalidOperationException(), false },
        { new NpgsqlException("x"), false },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Is_Exception_TellsOutageFromBug(Exception exception, bool outage) => Assert.Equal(outage, Outages.Is(exception));

    [Theory]
    [InlineData("redis", StatusCode.Unavailable)]
    [InlineData("race", StatusCode.Aborted)]
    [InlineData("own", StatusCode.NotFound)]
    [InlineData("bug", StatusCode.Unknown)]
    [InlineData("never", StatusCode.DeadlineExceeded, "00:00:01")]
    public async Task GrpcMethod_Throwing_AnswersByKind(string code, StatusCode expected, string deadline = "00:01:00")
    {
        await using var token = await TestService.StartAsync(
            "token", s_keys, builder => builder.Services.AddGrpc(), app => app.MapGrpcService<FailingSessions>());
        await Eventually.Async(token.IsReadyAsync);
        await using var edge = await TestService.StartAsync(
            "edge", s_keys,
            builder => builder.Services.AddServiceClient<EdgeSessions.EdgeSessionsClient>("token"),
            settings: new Dictionary<string, string?> { ["services:token:grpc:0"] = token.GrpcAddress, ["ServiceCalls:Deadline"] = deadline });
        var client = edge.Services.GetRequiredService<EdgeSessions.EdgeSessionsClient>();
        var failed = await Assert.ThrowsAsync<RpcException>(async () => await client.RedeemSessionAsync(new RedeemSessionRequest { Code = code }));
        Assert.Equal(expected, failed.StatusCode);
        Assert.DoesNotContain("canary", failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_IsReportedByItsMessage_OthersAreNot()
    {
        Assert.Equal("no key", StartupRefusals.MessageOf(new StartupRefusedException("no key")));
        Assert.Equal("no key", StartupRefusals.MessageOf(new AggregateException(new StartupRefusedException("no key"))));
        Assert.Equal("a b", StartupRefusals.MessageOf(new OptionsValidationException("o", typeof(object), ["a", "b"])));
        Assert.Null(StartupRefusals.MessageOf(new InvalidOperationException("bug")));
    }

    [Theory]
    [InlineData("ServiceCalls:Deadline")]
    [InlineData("Redis:OperationDeadline")]
    [InlineData("Outbound:Timeout")]
    public async Task Deadline_OfNothingOrAnHour_IsRefusedAtTheStart(string setting)
    {
        foreach (var value in (string[])["00:00:00", "01:00:00"])
        {
            await Assert.ThrowsAsync<OptionsValidationException>(() => TestService.StartAsync(
                "token", s_keys,
                builder =>
                {
                    builder.AddHotStore();
                    builder.Services.AddOutbound();
                },
                settings: new Dictionary<string, string?> { ["ConnectionStrings:redis"] = "127.0.0.1:1", [setting] = value }));
        }
    }

    [AllowedCallers("edge")]
    private sealed class FailingSessions : EdgeSessions.EdgeSessionsBase
    {
        public override Task<RedeemSessionReply> RedeemSession(RedeemSessionRequest request, ServerCallContext context) => request.Code switch
        {
            "redis" => throw new HotStoreUnavailableException("canary"),
            "race" => throw new Marten.Exceptions.EventStreamUnexpectedMaxEventIdException(Guid.Empty, 1, 2),
            "own" => throw new RpcException(new Status(StatusCode.NotFound, "unknown code")),
            "never" => NeverAsync(context.CancellationToken),
            _ => throw new InvalidOperationException("canary"),
        };

        private static async Task<RedeemSessionReply> NeverAsync(CancellationToken cancellation)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return new RedeemSessionReply();
        }
    }
}
