using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Takes the host's periodic health reports and hands each to everyone who watches. The end of the host ends the watches.</summary>
internal sealed class HealthStatusFeed : IHealthCheckPublisher
{
    /// <summary>A slow watcher misses old statuses, never the newest.</summary>
    private const int Backlog = 5;

    private readonly ConcurrentDictionary<Channel<HealthCheckResponse.Types.ServingStatus>, bool> _watchers = [];
    private readonly CancellationToken _stopping;

    public HealthStatusFeed(IHostApplicationLifetime lifetime)
    {
        _stopping = lifetime.ApplicationStopping;
        _stopping.Register(Stop);
    }

    public static HealthCheckResponse.Types.ServingStatus ToServingStatus(HealthStatus status) => status == HealthStatus.Unhealthy
        ? HealthCheckResponse.Types.ServingStatus.NotServing
        : HealthCheckResponse.Types.ServingStatus.Serving;

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        var status = ToServingStatus(report.Status);
        foreach (var watcher in _watchers.Keys)
        {
            watcher.Writer.TryWrite(status);
        }

        return Task.CompletedTask;
    }

    /// <summary>The statuses from now on; ends when the host stops.</summary>
    public Subscription Subscribe()
    {
        var channel = Channel.CreateBounded<HealthCheckResponse.Types.ServingStatus>(new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropOldest });
        _watchers.TryAdd(channel, true);
        if (_stopping.IsCancellationRequested)
        {
            End(channel);
        }

        return new Subscription(channel.Reader, () => _watchers.TryRemove(channel, out _));
    }

    private static void End(Channel<HealthCheckResponse.Types.ServingStatus> watcher)
    {
        watcher.Writer.TryWrite(HealthCheckResponse.Types.ServingStatus.NotServing);
        watcher.Writer.TryComplete();
    }

    private void Stop()
    {
        foreach (var watcher in _watchers.Keys)
        {
            End(watcher);
        }
    }

    /// <summary>One watcher; dispose to stop watching.</summary>
    public sealed class Subscription(ChannelReader<HealthCheckResponse.Types.ServingStatus> statuses, Action end) : IDisposable
    {
        public ChannelReader<HealthCheckResponse.Types.ServingStatus> Statuses { get; } = statuses;

        public void Dispose() => end();
    }
}
