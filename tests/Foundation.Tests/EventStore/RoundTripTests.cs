using System.Collections.Concurrent;
using System.Diagnostics;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

/// <summary>How often the database is asked, counted by the driver's own spans.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly ActivitySource _source = new($"{nameof(RoundTripTests)}-{Guid.NewGuid():N}");
    private readonly ConcurrentQueue<(ActivityTraceId Trace, string Name)> _spans = [];
    private readonly ActivityListener _listener;

    public RoundTripTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql" || source == _source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => _spans.Enqueue((activity.TraceId, activity.Source == _source ? "" : activity.DisplayName)),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }

    [Fact]
    public async Task Save_OfCommandsDocumentsStreamsEventsAndSnapshots_IsOne()
    {
        await using var test = await CreateAsync();
        var known = await test.StartAsync();
        await using var session = test.Store.LightweightSession();
        (await session.Events.FetchForWriting<Grant>(known)).AppendOne(new GrantRefreshed(1));
        session.Events.StartStream<Grant>(Guid.NewGuid(), Issued());
        session.Store(new User { Email = "a@example.com" });
        session.QueueSqlCommand("select 1");
        session.QueueSqlCommand("select 2");

        Assert.Single(await SpansOfAsync(() => session.SaveChangesAsync()));
        Assert.Equal(3L, Assert.Single(await test.SqlAsync("select count(*) from grants.mt_events"))[0]);
    }

    [Fact]
    public async Task ChangeOfAStream_FromReadingToCommit_IsTwo()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        var spans = await SpansOfAsync(async () =>
        {
            await using var session = test.Store.LightweightSession();
            (await session.Events.FetchForWriting<Grant>(id)).AppendOne(new GrantRefreshed(1));
            await session.SaveChangesAsync();
        });

        Assert.Equal(2, spans.Count);
    }

    private async Task<List<string>> SpansOfAsync(Func<Task> work)
    {
        using var activity = _source.StartActivity("work")!;
        await work();
        return [.. _spans.Where(span => span.Trace == activity.TraceId && span.Name.Length > 0).Select(span => span.Name)];
    }
}
