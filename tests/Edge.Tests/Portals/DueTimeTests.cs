using ManagedOAuth.Edge.Portals.Endpoint;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What is done twice a minute is done so, however often the configuration changes meanwhile.</summary>
public sealed class DueTimeTests
{
    [Fact]
    public void Wakes_HoweverMany_DoNotPutItOff()
    {
        var due = new DueTime(TimeSpan.FromSeconds(30), 1000);
        var taken = new List<long>();
        for (var now = 1000L; now <= 100_000; now += 700)
        {
            Assert.InRange(due.Left(now), TimeSpan.Zero, TimeSpan.FromSeconds(30));
            if (due.TryTake(now))
            {
                taken.Add(now);
                Assert.Equal(TimeSpan.FromSeconds(30), due.Left(now));
            }
        }

        Assert.Equal([31_100, 61_200, 91_300], taken);
    }

    [Fact]
    public void LateLook_TakesItOnce()
    {
        var due = new DueTime(TimeSpan.FromSeconds(30), 0);
        Assert.Equal(TimeSpan.Zero, due.Left(300_000));
        Assert.True(due.TryTake(300_000));
        Assert.False(due.TryTake(300_001));
    }
}
