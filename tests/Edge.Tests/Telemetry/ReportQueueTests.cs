using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Edge.Telemetry;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Edge.Tests.Telemetry;

/// <summary>A log that is told to Config: what Config does not take holds nothing up, takes no more memory, and is counted.</summary>
public sealed class ReportQueueTests
{
    [Fact]
    public async Task EntryThatConfigNeverTakes_IsCounted_AndWhatIsBehindItIsTold()
    {
        using var queue = new Log(NullLogger.Instance, batch => batch.Contains(3) ? StatusCode.Internal : null);
        foreach (var entry in Enumerable.Range(0, 8))
        {
            queue.Add(entry);
        }

        await queue.StartAsync(CancellationToken.None);
        await Eventually.Async(() => queue.Lost == 1 && queue.Told.Count == 7);
        queue.Add(8);
        await Eventually.Async(() => queue.Told.Contains(8));
        await queue.StopAsync(CancellationToken.None);
        Assert.Equal([0, 1, 2, 4, 5, 6, 7, 8], queue.Told);
    }

    [Fact]
    public async Task WhatDoesNotFit_WhileConfigIsAway_IsCounted_AndTheRestIsToldLater()
    {
        var isAway = true;
        using var queue = new Log(NullLogger.Instance, _ => Volatile.Read(ref isAway) ? StatusCode.Unavailable : null);
        foreach (var entry in Enumerable.Range(0, Log.Maximum + 5))
        {
            queue.Add(entry);
        }

        Assert.Equal(5, queue.Lost);
        await queue.StartAsync(CancellationToken.None);
        await Eventually.Async(() => queue.Attempts >= 2);
        Volatile.Write(ref isAway, false);
        await Eventually.Async(() => queue.Told.Count == Log.Maximum);
        await queue.StopAsync(CancellationToken.None);
        Assert.Equal(5, queue.Lost);
    }

    [Fact]
    public async Task End_WhileConfigIsAway_CountsWhatIsLost()
    {
        using var queue = new Log(NullLogger.Instance, static _ => StatusCode.Unavailable);
        queue.Add(1);
        queue.Add(2);
        await queue.StartAsync(CancellationToken.None);
        await Eventually.Async(() => queue.Attempts >= 1);
        queue.Add(3);
        await queue.StopAsync(CancellationToken.None);
        Assert.Equal((3, 0), (queue.Lost, queue.Told.Count));
    }

    private sealed class Log(ILogger logger, Func<IReadOnlyList<int>, StatusCode?> refuse) : ReportQueue<int>("test's log", Maximum, TimeProvider.System, logger)
    {
        public const int Maximum = 10;
        private int _attempts;
        private int _lost;

        public ConcurrentQueue<int> Told { get; } = new();

        public int Attempts => Volatile.Read(ref _attempts);

        public int Lost => Volatile.Read(ref _lost);

        protected override Task SendAsync(IReadOnlyList<int> batch, DateTime deadline, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _attempts);
            if (refuse(batch) is { } status)
            {
                throw new RpcException(new Status(status, ""));
            }

            foreach (var entry in batch)
            {
                Told.Enqueue(entry);
            }

            return Task.CompletedTask;
        }

        protected override void Dropped(int count) => Interlocked.Add(ref _lost, count);
    }
}
