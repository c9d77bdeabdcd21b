using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.ServiceDefaults.Tests.Snapshots;

public class ConfigurationSnapshotsTests
{
    private static readonly TimeSpan s_never = TimeSpan.FromSeconds(30);
    private readonly ManualClock _clock = new();
    private readonly ConfigurationSnapshots _snapshots;
    private readonly Guid _one = Guid.NewGuid();
    private readonly Guid _two = Guid.NewGuid();

    public ConfigurationSnapshotsTests() => _snapshots = new ConfigurationSnapshots(_clock, NullLogger<ConfigurationSnapshots>.Instance);

    [Fact]
    public void Snapshot_InSeveralFrames_AppearsWhole()
    {
        _snapshots.Apply(Frame(7, snapshot: true, more: true, ConfigurationFoldTests.Application(_one, 1, "one")));
        Assert.False(_snapshots.IsLoaded);
        Assert.Same(ConfigurationSnapshot.Empty, _snapshots.Current);
        _snapshots.Apply(Frame(7, snapshot: true, more: false, ConfigurationFoldTests.Application(_two, 1, "two")));
        Assert.True(_snapshots.IsLoaded);
        Assert.Equal((2, 7L), (_snapshots.Current.Applications.Count, _snapshots.Current.Position));
    }

    [Fact]
    public void Snapshot_Later_DropsWhatIsNotInIt()
    {
        _snapshots.Apply(Frame(7, snapshot: true, more: false, ConfigurationFoldTests.Application(_one, 1, "one")));
        _snapshots.Apply(Frame(9, snapshot: true, more: false, ConfigurationFoldTests.Application(_two, 1, "two")));
        Assert.Equal(_two, Assert.Single(_snapshots.Current.Applications).Key);
    }

    [Fact]
    public void Snapshot_OfAReplicaThatIsBehind_IsNotTaken()
    {
        _snapshots.Apply(Frame(9, snapshot: true, more: false, ConfigurationFoldTests.Application(_one, 1, "one")));
        Assert.Throws<FeedOrderException>(() => _snapshots.Apply(Frame(7, snapshot: true, more: false)));
        Assert.Single(_snapshots.Current.Applications);
    }

    [Fact]
    public void Snapshot_OfAnotherEpoch_ReplacesAll()
    {
        _snapshots.Apply(Frame(9, snapshot: true, more: false, ConfigurationFoldTests.Application(_one, 5, "one")));
        _snapshots.Apply(Frame(1, snapshot: true, more: false, ConfigurationFoldTests.Application(_one, 1, "restored"), epoch: "other"));
        Assert.Equal(("other", 1L, "restored"), (_snapshots.Current.Epoch, _snapshots.Current.Position, _snapshots.Current.Applications[_one].Name));
    }

    [Fact]
    public void Changes_WithoutTheirSnapshot_AreRefused()
    {
        Assert.Throws<FeedOrderException>(() => _snapshots.Apply(Frame(1, snapshot: false, more: false)));
        _snapshots.Apply(Frame(9, snapshot: true, more: false));
        Assert.Throws<FeedOrderException>(() => _snapshots.Apply(Frame(10, snapshot: false, more: false, epoch: "other")));
        Assert.Throws<FeedOrderException>(() => _snapshots.Apply(Frame(8, snapshot: false, more: false)));
    }

    [Fact]
    public void NextRequest_GoesOnFromWhatWasApplied_AndForgetsAHalfSnapshot()
    {
        Assert.Equal(new WatchRequest(), _snapshots.NextRequest());
        _snapshots.Apply(Frame(7, snapshot: true, more: false));
        _snapshots.Apply(Frame(9, snapshot: true, more: true, ConfigurationFoldTests.Application(_one, 1, "one")));
        Assert.Equal(new WatchRequest { AfterPosition = 7, Epoch = "e" }, _snapshots.NextRequest());
        _snapshots.Apply(Frame(8, snapshot: false, more: false));
        Assert.Empty(_snapshots.Current.Applications);
    }

    [Fact]
    public void Changed_IsTold_AndAFailingListenerHarmsNobody()
    {
        var told = new List<long>();
        _snapshots.Changed += _ => throw new InvalidOperationException();
        _snapshots.Changed += snapshot => told.Add(snapshot.Position);
        _snapshots.Apply(Frame(7, snapshot: true, more: false));
        _snapshots.Apply(Frame(8, snapshot: false, more: false));
        _snapshots.Apply(Frame(9, snapshot: false, more: false, ConfigurationFoldTests.Application(_one, 1, "one")));
        Assert.Equal([7, 9], told);
    }

    [Fact]
    public void Staleness_GrowsFromTheLastRead()
    {
        Assert.Equal(TimeSpan.MaxValue, _snapshots.Staleness);
        _snapshots.Apply(Frame(7, snapshot: true, more: false));
        Assert.Equal(TimeSpan.Zero, _snapshots.Staleness);
        var read = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromSeconds(10));

        // Config still speaks, but its database does not: the same time of reading again and again.
        _snapshots.Apply(Frame(7, snapshot: false, more: false, readAt: read));
        Assert.Equal(TimeSpan.FromSeconds(10), _snapshots.Staleness);
        _snapshots.Apply(Frame(7, snapshot: false, more: false));
        Assert.Equal(TimeSpan.Zero, _snapshots.Staleness);
    }

    [Fact]
    public void Staleness_ConfigsClockAhead_StillGrows()
    {
        _snapshots.Apply(Frame(7, snapshot: true, more: false, readAt: _clock.GetUtcNow().AddHours(1)));
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(TimeSpan.FromSeconds(61), _snapshots.Staleness);
    }

    [Fact]
    public async Task WaitForPosition_Reached_IsTrue()
    {
        var waiting = _snapshots.WaitForPositionAsync(8, s_never);
        _snapshots.Apply(Frame(7, snapshot: true, more: false));
        Assert.False(waiting.IsCompleted);
        _snapshots.Apply(Frame(8, snapshot: false, more: false));
        Assert.True(await waiting);
        Assert.True(await _snapshots.WaitForPositionAsync(8, TimeSpan.Zero));
    }

    [Fact]
    public async Task WaitForPosition_NotReachedInTime_IsFalse()
    {
        var snapshots = new ConfigurationSnapshots(TimeProvider.System, NullLogger<ConfigurationSnapshots>.Instance);
        Assert.False(await snapshots.WaitForPositionAsync(8, TimeSpan.FromMilliseconds(10)));
    }

    private ConfigFrame Frame(long position, bool snapshot, bool more, ConfigEntry? entry = null, string epoch = "e", DateTimeOffset? readAt = null)
    {
        var frame = new ConfigFrame
        {
            Epoch = epoch, Position = position, Snapshot = snapshot, More = more,
            ReadAt = Timestamp.FromDateTimeOffset(readAt ?? _clock.GetUtcNow()),
        };
        if (entry is not null)
        {
            frame.Entries.Add(entry);
        }

        return frame;
    }
}
