using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Snapshots;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ManagedOAuth.ServiceDefaults.Tests.Snapshots;

public class ConfigurationReaderTests
{
    private static readonly ServiceKeys s_keys = new("token", "config");
    private readonly Feed _feed = new();
    private readonly Guid _application = Guid.NewGuid();

    [Fact]
    public async Task Feed_SnapshotThenChange_Arrive_AndReadinessFollows()
    {
        await using var config = await StartConfigAsync();
        await using var token = await StartTokenAsync(config.GrpcAddress);
        var snapshots = token.Services.GetRequiredService<IConfigurationSnapshots>();
        Assert.False(await token.IsReadyAsync());
        _feed.Send(Frame(5, snapshot: true, ConfigurationFoldTests.Application(_application, 1, "one")));
        await Eventually.Async(token.IsReadyAsync);
        _feed.Send(Frame(6, snapshot: false, ConfigurationFoldTests.Application(_application, 2, "two")));
        Assert.True(await snapshots.WaitForPositionAsync(6, TimeSpan.FromSeconds(30)));
        Assert.Equal("two", snapshots.Current.Applications[_application].Name);
    }

    [Fact]
    public async Task Feed_ConfigRestarts_GoesOnFromItsPosition()
    {
        var port = FreePort.Next();
        var config = await StartConfigAsync(port);
        await using var token = await StartTokenAsync(config.GrpcAddress);
        var snapshots = token.Services.GetRequiredService<IConfigurationSnapshots>();
        _feed.Send(Frame(5, snapshot: true, ConfigurationFoldTests.Application(_application, 1, "one")));
        Assert.True(await snapshots.WaitForPositionAsync(5, TimeSpan.FromSeconds(30)));

        _feed.Break();
        await config.DisposeAsync();
        Assert.Equal("one", snapshots.Current.Applications[_application].Name);
        await using var again = await StartConfigAsync(port);
        await Eventually.Async(() => _feed.Requests.LastOrDefault() is { AfterPosition: 5, Epoch: "e" } && _feed.Watching == 1);
        _feed.Send(Frame(6, snapshot: false, ConfigurationFoldTests.Application(_application, 2, "two")));
        Assert.True(await snapshots.WaitForPositionAsync(6, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Feed_FrameOutOfOrder_BeginsAnew()
    {
        await using var config = await StartConfigAsync();
        await using var token = await StartTokenAsync(config.GrpcAddress);
        _feed.Send(Frame(5, snapshot: false));

        // The first call may still be ending, and would take the frame.
        await Eventually.Async(() => _feed.Requests.Count >= 2 && _feed.Watching == 1);
        _feed.Send(Frame(6, snapshot: true));
        await Eventually.Async(token.IsReadyAsync);
    }

    private static ConfigFrame Frame(long position, bool snapshot, ConfigEntry? entry = null)
    {
        var frame = new ConfigFrame { Epoch = "e", Position = position, Snapshot = snapshot, ReadAt = Timestamp.FromDateTime(DateTime.UtcNow) };
        if (entry is not null)
        {
            frame.Entries.Add(entry);
        }

        return frame;
    }

    private async Task<TestService> StartConfigAsync(int? port = null)
    {
        var service = await TestService.StartAsync(
            "config", s_keys,
            build: builder =>
            {
                builder.Services.AddGrpc();
                builder.Services.AddSingleton(_feed);
            },
            map: app => app.MapGrpcService<FeedService>(), grpcPort: port);
        await Eventually.Async(service.IsReadyAsync);
        return service;
    }

    private static Task<TestService> StartTokenAsync(string config) => TestService.StartAsync(
        "token", s_keys,
        build: builder => builder.AddConfigurationSnapshots(),
        settings: new Dictionary<string, string?> { ["services:config:grpc:0"] = config });

    private sealed class Feed
    {
        private Channel<ConfigFrame> _frames = Channel.CreateUnbounded<ConfigFrame>();
        private int _watching;

        public ConcurrentQueue<WatchRequest> Requests { get; } = new();

        /// <summary>Calls that wait for a frame now.</summary>
        public int Watching => Volatile.Read(ref _watching);

        public ChannelReader<ConfigFrame> Frames => Volatile.Read(ref _frames).Reader;

        public void Send(ConfigFrame frame) => _frames.Writer.TryWrite(frame);

        public void Break()
        {
            var broken = Interlocked.Exchange(ref _frames, Channel.CreateUnbounded<ConfigFrame>());
            broken.Writer.Complete();
        }

        public void Begin() => Interlocked.Increment(ref _watching);

        public void End() => Interlocked.Decrement(ref _watching);
    }

    [AllowedCallers("token", "edge", "authorization-server")]
    private sealed class FeedService(Feed feed) : ConfigFeed.ConfigFeedBase
    {
        public override async Task Watch(WatchRequest request, IServerStreamWriter<ConfigFrame> responseStream, ServerCallContext context)
        {
            feed.Begin();
            try
            {
                feed.Requests.Enqueue(request);
                await foreach (var frame in feed.Frames.ReadAllAsync(context.CancellationToken))
                {
                    await responseStream.WriteAsync(frame);
                }
            }
            finally
            {
                feed.End();
            }
        }
    }
}
