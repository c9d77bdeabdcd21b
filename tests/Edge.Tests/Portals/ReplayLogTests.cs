using ManagedOAuth.Edge.Portals.Streams;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What is kept of streams, and for how long.</summary>
public sealed class ReplayLogTests
{
    private readonly Clock _clock = new();
    private readonly ReplayLogs _logs;

    public ReplayLogTests() => _logs = new ReplayLogs(_clock);

    [Fact]
    public void FinishedStream_IsForgottenWhenItsTimeIsOver()
    {
        var (over, open) = (_logs.Begin("s", false), _logs.Begin("s", false));
        over.Add(new byte[1000]);
        open.Add(new byte[10]);
        _clock.Now += ReplayLogs.Life * 3;
        over.Complete();
        _logs.Sweep();
        Assert.Same(over, _logs.Find("s", over.StreamId));

        _clock.Now += ReplayLogs.Life * 1.1;
        _logs.Sweep();
        Assert.Null(_logs.Find("s", over.StreamId));
        Assert.Same(open, _logs.Find("s", open.StreamId));
        Assert.Equal(10, _logs.Bytes);

        open.Complete();
        _clock.Now += ReplayLogs.Life * 1.1;
        _logs.Sweep();
        Assert.Equal(0, _logs.Bytes);
        _logs.Begin("s", false).Add(new byte[7]);
        Assert.Equal(7, _logs.Bytes);
    }

    [Fact]
    public void ManyStreams_PushOutThoseThatAreOver_BeforeOneThatGoesOn()
    {
        var open = _logs.Begin("s", false);
        open.Add(new byte[10]);
        var over = Enumerable.Range(0, 100).Select(_ =>
        {
            var log = _logs.Begin("s", false);
            log.Add(new byte[1]);
            log.Complete();
            return log;
        }).ToList();
        Assert.Same(open, _logs.Find("s", open.StreamId));
        Assert.Null(_logs.Find("s", over[0].StreamId));
        Assert.Same(over[^1], _logs.Find("s", over[^1].StreamId));
    }

    [Fact]
    public void Streams_OfTwoProcesses_AreNeverTakenForEachOther()
        => Assert.NotEqual(_logs.Begin("s", false).StreamId, new ReplayLogs(_clock).Begin("s", false).StreamId);

    [Fact]
    public void LongMessage_IsNotKept_AndPushesNothingOut()
    {
        var log = _logs.Begin("s", false);
        log.Add(new byte[10]);
        log.Add(new byte[ReplayLog.MaximumBytes + 1]);
        log.Add(new byte[20]);
        Assert.Equal([10, 20], log.After(0).Events.Select(entry => entry.Message.Length));
        log.Add(new byte[ReplayLog.MaximumBytes - 20]);
        Assert.Equal([20, ReplayLog.MaximumBytes - 20], log.After(0).Events.Select(entry => entry.Message.Length));
    }

    [Fact]
    public void AllLogsTogether_HaveALimit()
    {
        var message = new byte[ReplayLog.MaximumBytes];
        var all = (int)(ReplayLogs.MaximumBytes / ReplayLog.MaximumBytes);
        for (var i = 0; i < all + 8; i++)
        {
            _logs.Begin($"s{i}", false).Add(message);
        }

        Assert.Equal(ReplayLogs.MaximumBytes, _logs.Bytes);
        _logs.Forget("s0");
        Assert.Equal(ReplayLogs.MaximumBytes - message.Length, _logs.Bytes);
    }

    [Fact]
    public void PushedOutStream_KeepsNothingMore()
    {
        var first = _logs.Begin("s", false);
        first.Add(new byte[100]);
        for (var i = 0; i < ReplayLogs.MaximumPerSession; i++)
        {
            _logs.Begin("s", false).Add(new byte[1]);
        }

        first.Add(new byte[100]);
        Assert.Null(_logs.Find("s", first.StreamId));
        Assert.Equal(ReplayLogs.MaximumPerSession, _logs.Bytes);
    }

    [Fact]
    public void WhatIsNotKept_IsForWhoFollows_AndForNobodyLater()
    {
        var log = _logs.Begin("s", false);
        log.Add(new byte[10]);
        log.Follow();
        log.Add(new byte[ReplayLog.MaximumBytes + 1]);
        log.Add(new byte[20]);
        Assert.Equal([10, ReplayLog.MaximumBytes + 1, 20], log.After(0).Events.Select(entry => entry.Message.Length));
        log.Add(new byte[ReplayLog.MaximumBytes + 2]);
        Assert.Equal([10, 20, ReplayLog.MaximumBytes + 2], log.After(0).Events.Select(entry => entry.Message.Length));
        Assert.Equal((30, 4), (_logs.Bytes, log.After(0).Last));

        log.Unfollow();
        Assert.Equal([10, 20], log.After(0).Events.Select(entry => entry.Message.Length));
        _logs.Forget("s");
        log.Follow();
        log.Add(new byte[30]);
        Assert.Equal([30], log.After(0).Events.Select(entry => entry.Message.Length));
        log.Unfollow();
        Assert.Empty(log.After(0).Events);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
