using Marten.Events;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class EventQueryTests
{
    [Fact]
    public async Task Preceding_IsTheEventBeforeEachInItsStream()
    {
        await using var test = await CreateAsync();
        var (first, second) = (await test.StartAsync(Issued("alice"), new GrantNoted("one"), new GrantNoted("two")), await test.StartAsync(Issued("bob")));
        await using var query = test.Store.QuerySession();
        var events = (await query.Events.QueryEventsAsync(new EventQuery())).Events;
        var before = await query.Events.FetchPrecedingAsync(events);
        Assert.Equal([(first, 1L), (first, 2L)], before.Select(e => (e.StreamId, e.Version)).Order());
        Assert.Equal("one", Assert.IsType<GrantNoted>(before.Single(e => e.Version == 2).Data).Note);
        Assert.Empty(await query.Events.FetchPrecedingAsync(events.Where(e => e.StreamId == second)));
        var folded = query.Events.Aggregate<Grant>(events.Where(e => e.StreamId == first));
        Assert.Equal((first, 3L), (folded!.Id, folded.Version));
        Assert.Null(query.Events.Aggregate<Grant>([]));
    }

    [Fact]
    public async Task Query_EachCriterion_Narrows()
    {
        await using var test = await CreateAsync();
        var first = await test.StartAsync(Issued("alice"), new GrantRefreshed(1));
        await using (var session = test.Store.LightweightSession())
        {
            session.CorrelationId = "trace-9";
            session.CausationId = "cause-9";
            session.LastModifiedBy = "bob";
            session.Events.StartStream(Guid.NewGuid(), new GrantNoted("no type"));
            await session.SaveChangesAsync();
        }

        await using var query = test.Store.QuerySession();
        var all = (await query.Events.QueryEventsAsync(new EventQuery())).Events;
        Assert.Equal(3, all.Count);
        Assert.Equal([1L, 2L], await Find(new() { StreamId = first }));
        Assert.Equal([1L, 2L], await Find(new() { StreamType = "grant" }));
        Assert.Equal([2L], await Find(new() { EventTypes = [typeof(GrantRefreshed)] }));
        Assert.Equal([2L, 3L], await Find(new() { EventTypes = [typeof(GrantRefreshed)], EventTypeNames = ["grant_noted"] }));
        Assert.Equal([3L], await Find(new() { CorrelationId = "trace-9" }));
        Assert.Equal([3L], await Find(new() { CausationId = "cause-9" }));
        Assert.Equal([3L], await Find(new() { ActorLike = ["nobody", "b_b"] }));
        Assert.Empty(await Find(new() { ActorLike = ["b%"], StreamType = "grant" }));
        Assert.Empty(await Find(new() { ActorLike = ["b\\_b"] }));
        Assert.Equal([3L], await Find(new() { From = all[2].Timestamp }));
        Assert.Equal([1L, 2L], await Find(new() { To = all[2].Timestamp }));
        Assert.Equal([3L, 2L], await Find(new() { Descending = true, PageSize = 2 }));
        Assert.Equal([1L], await Find(new() { Descending = true, After = 2 }));

        async Task<IEnumerable<long>> Find(EventQuery q) => (await query.Events.QueryEventsAsync(q)).Events.Select(e => e.Sequence);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_AndStreaming_CoverEverythingOnce(bool descending)
    {
        await using var test = await CreateAsync();
        for (var i = 0; i < 10; i++)
        {
            await test.StartAsync(Issued(), new GrantRefreshed(i));
        }

        await using var query = test.Store.QuerySession();
        var streamed = new List<long>();
        await foreach (var e in query.Events.StreamEventsAsync(new EventQuery { PageSize = 3, Descending = descending }))
        {
            streamed.Add(e.Sequence);
        }

        var expected = Enumerable.Range(1, 20).Select(i => (long)i);
        Assert.Equal(descending ? expected.Reverse() : expected, streamed);
        var page = await query.Events.QueryEventsAsync(new EventQuery { PageSize = 15, Descending = descending });
        Assert.True(page.HasMore);
        var rest = await query.Events.QueryEventsAsync(new EventQuery { PageSize = 15, Descending = descending, After = page.Next });
        Assert.Equal((5, false), (rest.Events.Count, rest.HasMore));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(EventQuery.MaxPageSize + 1)]
    public async Task PageSize_OutOfRange_IsRefused(int size)
    {
        await using var test = await CreateAsync();
        await using var query = test.Store.QuerySession();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => query.Events.QueryEventsAsync(new EventQuery { PageSize = size }));
    }
}
