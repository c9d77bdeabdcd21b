using ManagedOAuth.Edge.RefusedRequests;

namespace ManagedOAuth.Edge.Tests.RefusedRequests;

/// <summary>How much is told of refused requests.</summary>
public sealed class RefusalSampleTests
{
    private static readonly Guid s_one = Guid.NewGuid();

    [Fact]
    public void OfOneKind_TheFirstOfAMinuteAreTold_AndTheLastSaysThatThereIsMore()
    {
        var clock = new Clock();
        var sample = new RefusalSample(clock);
        var taken = Enumerable.Range(0, 1000).Select(_ => sample.Take(s_one, "invalid", isKnown: false)).ToList();
        Assert.Equal(RefusalSample.MostOfOne, taken.Count(one => one.IsTold));
        Assert.Equal(RefusalSample.MostOfOne - 1, taken.FindIndex(one => one.IsLast));

        // A flood of one kind takes nothing from another, nor from another application.
        Assert.True(sample.Take(s_one, "denied", isKnown: false).IsTold);
        Assert.True(sample.Take(Guid.NewGuid(), "invalid", isKnown: false).IsTold);
        clock.Now += TimeSpan.FromMinutes(1);
        Assert.True(sample.Take(s_one, "invalid", isKnown: false).IsTold);
    }

    [Theory]
    [InlineData(true, RefusalSample.MostOfKnown)]
    [InlineData(false, RefusalSample.MostOfUnknown)]
    public void OfEverything_AMinuteHasAnEnd_AndAFloodWithoutCredentialsHidesNothingOfThoseWithOne(bool isKnown, int most)
    {
        var clock = new Clock();
        var sample = new RefusalSample(clock);
        Assert.Equal(most, Enumerable.Range(0, 2 * most).Count(_ => sample.Take(Guid.NewGuid(), "invalid", isKnown).IsTold));
        Assert.True(sample.Take(s_one, "cross_site", !isKnown).IsTold);
        clock.Now += TimeSpan.FromMinutes(1);
        Assert.True(sample.Take(s_one, "invalid", isKnown).IsTold);
    }

    [Fact]
    public void ManyAtOnce_AreNotToldMoreThanOne()
    {
        var sample = new RefusalSample(new Clock());
        var told = 0;
        Parallel.For(0, 10_000, _ => Interlocked.Add(ref told, sample.Take(s_one, "invalid", isKnown: false).IsTold ? 1 : 0));
        Assert.Equal(RefusalSample.MostOfOne, told);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 30, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
