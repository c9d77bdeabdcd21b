using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancing;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Client;

public sealed class BalancingTests
{
    [Fact]
    public async Task Calls_OverThreeReplicas_TakeTurns()
    {
        await using var a = await ReplicaAsync("a");
        await using var b = await ReplicaAsync("b");
        await using var c = await ReplicaAsync("c");

        // A connection that takes long on a busy machine takes its replica out for a while.
        await Eventually.Passes(async () =>
        {
            using var channel = Channel(Configuration(a.Address, b.Address, c.Address));
            var counts = (await CallAsync(channel, 30)).CountBy(name => name).ToDictionary();
            Assert.Equal(3, counts.Count);
            Assert.All(counts.Values, count => Assert.Equal(10, count));
        });
    }

    [Fact]
    public async Task DeadReplica_EveryCallSucceedsOnAnother_AndItComesBack()
    {
        var port = FreePort.Next();
        await using var a = await ReplicaAsync("a");
        var b = await ReplicaAsync("b", port);
        using var channel = Channel(Configuration(a.Address, b.Address));
        await Eventually.Passes(async () => Assert.Equal(["a", "b"], (await CallAsync(channel, 10)).Distinct().Order()));

        // A call that is written into the dying connection may have been executed, so it may fail: after the first ones none does.
        await b.DisposeAsync();
        await Eventually.Async(async () => (await CallAsync(channel, 4)).All(name => name == "a"));
        Assert.Equal(["a"], (await CallAsync(channel, 50)).Distinct());

        await using var again = await ReplicaAsync("b again", port);
        await Eventually.Async(async () => (await CallAsync(channel, 2)).Contains("b again"));
    }

    [Fact]
    public async Task Stream_ToADeadReplica_IsOpenedOnAnother()
    {
        await using var a = await ReplicaAsync("a");
        using var channel = Channel(Configuration(Dead(), a.Address, Dead()));
        for (var i = 0; i < 5; i++)
        {
            using var call = new Tester.V1.Tester.TesterClient(channel).ServerStream(new Note { Number = 2 });
            Assert.Equal(2, (await call.ResponseStream.ReadAllAsync().ToListAsync()).Count);
            using var sum = new Tester.V1.Tester.TesterClient(channel).ClientStream();
            await sum.RequestStream.WriteAsync(new Note { Number = 3 });
            await sum.RequestStream.CompleteAsync();
            Assert.Equal(3, (await sum).Number);
        }
    }

    [Fact]
    public async Task ReplicaThatNeitherAcceptsNorRefuses_CallsGoToAnotherWithinTheirDeadline()
    {
        // A listener whose queue is full: the system drops further connection attempts without an answer.
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen(0);
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(silent.LocalEndPoint!);
        _ = second.ConnectAsync(silent.LocalEndPoint!);

        await using var a = await ReplicaAsync("a");

        // With the deadline that calls have by themselves; a busy machine may need a part of it for something else.
        await Eventually.Passes(async () =>
        {
            using var channel = Channel(Configuration($"http://{silent.LocalEndPoint}", a.Address), new GrpcChannelOptions().DefaultDeadline);
            Assert.Equal(["a"], (await CallAsync(channel, 10)).Distinct());
        });
    }

    [Fact]
    public async Task AllReplicasDead_CallsAreUnavailable_AndSucceedAtOnceWhenOneIsBack()
    {
        var port = FreePort.Next();
        using var channel = Channel(Configuration($"http://127.0.0.1:{port}", Dead()));
        var client = new Tester.V1.Tester.TesterClient(channel);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => client.UnaryAsync(new Note()).ResponseAsync)).StatusCode);
        }

        await using var back = await ReplicaAsync("back", port);
        Assert.Equal(["back"], (await CallAsync(channel, 5)).Distinct());
    }

    [Fact]
    public async Task CallThatReachedAServer_ConnectionBreaks_IsNotSentAgain()
    {
        var calls = 0;
        await using var a = await BreakingAsync();
        await using var b = await BreakingAsync();
        using var channel = Channel(Configuration(a.Address, b.Address));
        var error = await Assert.ThrowsAsync<RpcException>(() => new Tester.V1.Tester.TesterClient(channel).UnaryAsync(new Note()).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal(1, calls);

        Task<GrpcHost> BreakingAsync() => GrpcHost.StartRawAsync(http =>
        {
            Interlocked.Increment(ref calls);
            http.Features.GetRequiredFeature<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>().Abort();
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task NamedEndpoint_NotConfigured_SaysWhichKeyIsMissing()
    {
        using var channel = Channel(Configuration());
        var error = await Assert.ThrowsAsync<RpcException>(() => new Tester.V1.Tester.TesterClient(channel).UnaryAsync(new Note()).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("services:token:grpc:0", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_Changes_NewReplicasAreUsed()
    {
        await using var a = await ReplicaAsync("a");
        await using var b = await ReplicaAsync("b");
        var configuration = Configuration(a.Address);
        using var channel = Channel(configuration);
        Assert.Equal(["a"], (await CallAsync(channel, 3)).Distinct());

        configuration["services:token:grpc:0"] = b.Address;
        configuration.Reload();
        Assert.Equal(["b"], (await CallAsync(channel, 3)).Distinct());

        configuration["services:token:grpc:0"] = "not an address";
        configuration.Reload();
        Assert.Equal(["b"], (await CallAsync(channel, 3)).Distinct());
    }

    [Theory]
    [InlineData("http://_grpc.token", "http://127.0.0.1:1/,http://127.0.0.1:2/,http://127.0.0.1:10/")]
    [InlineData("http://token", "http://127.0.0.1:3/")]
    [InlineData("http://authorization-server", "http://127.0.0.1:4/")]
    [InlineData("http://_grpc.authorization-server", "http://127.0.0.1:5/")]
    [InlineData("http://_grpc.unknown", "")]
    [InlineData("http://unknown:81", "http://unknown:81/")]
    [InlineData("http://127.0.0.1:82", "http://127.0.0.1:82/")]
    public void Resolve_Address_FollowsTheConventionsOfServiceDiscovery(string address, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["services:token:grpc:10"] = "http://127.0.0.1:10",
            ["services:token:grpc:0"] = "http://127.0.0.1:1",
            ["services:token:grpc:2"] = "127.0.0.1:2",
            ["services:token:grpc:3"] = "http://127.0.0.1:2",
            ["services:token:grpc:4"] = "",
            ["services:token:http:0"] = "http://127.0.0.1:3",
            ["services:authorization-server:default"] = "http://127.0.0.1:4",
            ["services:authorization-server:http:0"] = "http://127.0.0.1:9",
            ["services:authorization-server:grpc:0"] = "http://127.0.0.1:5",
        }).Build();
        Assert.Equal(expected, string.Join(',', new ServiceAddress(new Uri(address), configuration).Resolve()));
    }

    [Theory]
    [InlineData("services:token:grpc:0", "ftp://x")]
    [InlineData("services:token:grpc:first", "http://127.0.0.1:1")]
    public void Resolve_BadConfiguration_NamesTheKey(string key, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = value }).Build();
        var error = Assert.Throws<InvalidOperationException>(() => new ServiceAddress(new Uri("http://_grpc.token"), configuration).Resolve());
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ProbePause_Failures_GrowToALimitAndVary()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(80), ReplicaProbe.Pause(1, 0));
        Assert.Equal(TimeSpan.FromMilliseconds(200), ReplicaProbe.Pause(2, 0.5));
        Assert.Equal(TimeSpan.FromSeconds(6), ReplicaProbe.Pause(1000, 1));
    }

    private static string Dead() => $"http://127.0.0.1:{FreePort.Next()}";

    private static Task<GrpcHost> ReplicaAsync(string name, int port = 0) =>
        GrpcHost.StartAsync(new() { Unary = (_, _) => Task.FromResult(new Note { Text = name }) }, port: port);

    private static IConfigurationRoot Configuration(params string[] addresses) => new ConfigurationBuilder()
        .AddInMemoryCollection(addresses.Select((address, i) => KeyValuePair.Create<string, string?>($"services:token:grpc:{i}", address)))
        .Build();

    private static GrpcChannel Channel(IConfiguration configuration, TimeSpan? deadline = null) => GrpcChannel.ForAddress("http://_grpc.token", new GrpcChannelOptions
    {
        ServiceProvider = new ServiceCollection().AddSingleton(configuration).BuildServiceProvider(),
        DefaultDeadline = deadline ?? TimeSpan.FromMinutes(1),
    });

    private static async Task<List<string>> CallAsync(GrpcChannel channel, int calls)
    {
        var client = new Tester.V1.Tester.TesterClient(channel);
        List<string> names = [];
        for (var i = 0; i < calls; i++)
        {
            names.Add((await client.UnaryAsync(new Note())).Text);
        }

        return names;
    }
}
