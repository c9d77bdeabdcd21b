using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.ServiceDefaults.Snapshots;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Tests.Feeds;

public sealed class RevocationListTests
{
    private readonly Clock _clock = new();
    private readonly RevocationList _list;
    private readonly Guid _grant = Guid.NewGuid();

    public RevocationListTests()
    {
        var configuration = new Configured();
        var addresses = new EdgeAddresses(Options.Create(new EdgeOptions { TeamDomain = "http://localhost:1", DashboardDomain = "http://localhost:2" }));
        _list = new RevocationList(new Freshness(new RouteTableSource(configuration, addresses), configuration, _clock), _clock);
    }

    [Fact]
    public void Snapshot_InSeveralFrames_CountsWhenItIsWhole()
    {
        var changed = 0;
        _list.Changed += () => changed++;

        _list.Apply(Frame(_grant, snapshot: true, more: true));
        Assert.False(_list.Current.Contains(_grant, Guid.Empty));

        _list.Apply(Frame(Guid.NewGuid(), snapshot: true));
        Assert.True(_list.Current.Contains(_grant, Guid.Empty));
        Assert.Equal(2, _list.Current.Entries.Count);
        Assert.Equal(1, changed);
    }

    [Fact]
    public void Snapshot_BrokenOff_IsForgottenWithItsStream()
    {
        _list.Apply(Frame(_grant, snapshot: true, more: true));
        _list.Begin();
        _list.Apply(Frame(Guid.NewGuid(), snapshot: true));

        Assert.False(_list.Current.Contains(_grant, Guid.Empty));
    }

    [Fact]
    public void Snapshot_OfAnotherDatabase_ReplacesWhatWasThere()
    {
        _list.Apply(Frame(_grant));
        var other = Frame(Guid.NewGuid(), snapshot: true);
        other.Epoch = "another";
        _list.Apply(other);

        Assert.False(_list.Current.Contains(_grant, Guid.Empty));
    }

    [Fact]
    public void Snapshot_OfAReplicaThatIsBehind_TakesNothingBack()
    {
        _list.Apply(Frame(_grant));
        _list.Begin();
        var behind = Frame(Guid.NewGuid(), snapshot: true);
        behind.Position = 0;
        _list.Apply(behind);

        Assert.True(_list.Current.Contains(_grant, Guid.Empty));
        Assert.Equal(2, _list.Current.Entries.Count);
    }

    [Fact]
    public void Change_CountsAtOnce_AndTwiceIsOnce()
    {
        _list.Apply(Frame(_grant));
        _list.Apply(Frame(_grant));

        Assert.True(_list.Current.Contains(_grant, Guid.NewGuid()));
        Assert.Single(_list.Current.Entries);
    }

    [Fact]
    public void SingleToken_IsOverAlone()
    {
        var token = Guid.NewGuid();
        var frame = Frame(_grant);
        frame.Grants[0].TokenId = token.ToString();
        _list.Apply(frame);

        Assert.True(_list.Current.Contains(_grant, token));
        Assert.False(_list.Current.Contains(_grant, Guid.NewGuid()));
        Assert.False(_list.Current.Contains(_grant, Guid.Empty));
    }

    [Fact]
    public void Entry_ThatNoTokenCanHitAnyMore_Leaves()
    {
        _list.Apply(Frame(_grant));
        _clock.Now += TimeSpan.FromHours(2);
        _list.Apply(new RevocationFrame { Epoch = "e", Position = 2, ReadAt = _clock.Now.ToTimestamp() });

        Assert.Empty(_list.Current.Entries);
    }

    private RevocationFrame Frame(Guid grant, bool snapshot = false, bool more = false) => new()
    {
        Epoch = "e",
        Position = 1,
        ReadAt = _clock.Now.ToTimestamp(),
        Snapshot = snapshot,
        More = more,
        Grants = { new RevokedGrant { GrantId = grant.ToString(), LeavesAt = (_clock.Now + TimeSpan.FromHours(1)).ToTimestamp() } },
    };

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Configured : IConfigurationSnapshots
    {
        public ConfigurationSnapshot Current => ConfigurationSnapshot.Empty;

        public bool IsLoaded => true;

        public TimeSpan Staleness => TimeSpan.Zero;

        public event Action<ConfigurationSnapshot>? Changed
        {
            add { }
            remove { }
        }

        public Task<bool> WaitForPositionAsync(long position, TimeSpan deadline, CancellationToken cancellation = default) => Task.FromResult(true);

        public Task WaitUntilLoadedAsync(CancellationToken cancellation) => Task.CompletedTask;
    }
}
