using Marten;
using Marten.Events;
using Marten.Events.Projections;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class SnapshotTests
{
    private static void WithTimes(StoreOptions options) => options.Projections.Snapshot<GrantTimes>(SnapshotLifecycle.Inline);

    [Fact]
    public async Task Snapshot_EqualsFoldOfEvents_AfterEachKindOfAppend()
    {
        await using var test = await CreateAsync(WithTimes);
        var id = await test.StartAsync();
        await test.AppendAsync(id, new GrantRefreshed(1));
        await using (var session = test.Store.LightweightSession())
        {
            session.LastModifiedBy = "bob";
            (await session.Events.FetchForWriting<Grant>(id)).AppendOne(new GrantRefreshed(2));
            await session.SaveChangesAsync();
        }

        await using (var session = test.Store.LightweightSession())
        {
            session.Events.Append(id, 4, new GrantNoted("does not concern the fold, but counts"));
            await session.SaveChangesAsync();
        }

        await using var query = test.Store.QuerySession();
        var grant = await query.LoadAsync<Grant>(id);
        Assert.Equal((2, 3L), (grant!.Refreshes, grant.Version));
        Assert.Equivalent(await query.Events.AggregateStreamAsync<Grant>(id, version: 3), grant);
        // Timestamps are the server's, and the same in the snapshot as in the events.
        Assert.Equal((await query.Events.AggregateStreamAsync<GrantTimes>(id, version: 3))!, await query.LoadAsync<GrantTimes>(id));
        Assert.Equal("bob", (await query.LoadAsync<GrantTimes>(id))!.LastActor);
    }

    [Fact]
    public async Task Snapshot_EventNoFoldKnows_StaysUsableForNextAppend()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await test.AppendAsync(id, new GrantNoted("x"));
        await using (var session = test.Store.LightweightSession())
        {
            var stream = await session.Events.FetchForWriting<Grant>(id);
            Assert.Equal(2, stream.StartingVersion);
            stream.AppendOne(new GrantRefreshed(1));
            await session.SaveChangesAsync();
        }

        await using var query = test.Store.QuerySession();
        Assert.Equal((1, 3L), ((await query.LoadAsync<Grant>(id))!.Refreshes, (await query.LoadAsync<Grant>(id))!.Version));
    }

    [Fact]
    public async Task Snapshot_StaleByForeignAppend_IsFoldedAgain()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        // Someone appends by SQL and leaves the snapshot as it is.
        await test.SqlAsync(
            $$"""
            insert into grants.mt_events (seq_id, id, stream_id, version, data, type)
            values (nextval('grants.mt_events_sequence'), gen_random_uuid(), '{{id}}', 2, '{"rotation": 1}', 'grant_refreshed');
            update grants.mt_streams set version = 2 where id = '{{id}}'
            """);

        await using var session = test.Store.LightweightSession();
        Assert.Equal(1, (await session.Events.FetchLatest<Grant>(id))!.Refreshes);
        var stream = await session.Events.FetchForWriting<Grant>(id);
        Assert.Equal((1, 2L), (stream.Aggregate!.Refreshes, stream.StartingVersion));
        stream.AppendOne(new GrantRefreshed(2));
        await session.SaveChangesAsync();

        Assert.Equal((2, 3L), ((await session.LoadAsync<Grant>(id))!.Refreshes, (await session.LoadAsync<Grant>(id))!.Version));
    }

    [Fact]
    public async Task Snapshot_DeclaredLater_AppearsAtNextAppendAndByRebuild()
    {
        await using var test = await CreateAsync();
        var first = await test.StartAsync(Issued("alice"), new GrantRefreshed(1));
        var second = await test.StartAsync(Issued("bob"));
        await using var newer = Open(test.ConnectionString, WithTimes);
        await newer.Storage.ApplyAllConfiguredChangesToDatabaseAsync();

        await using var session = newer.LightweightSession();
        session.Events.Append(first, new GrantRefreshed(2));
        await session.SaveChangesAsync();
        Assert.NotNull((await session.LoadAsync<GrantTimes>(first))!.LastRefreshed);
        Assert.Null(await session.LoadAsync<GrantTimes>(second));

        await newer.Advanced.RebuildProjectionAsync(nameof(GrantTimes));
        Assert.Equal(await session.Events.AggregateStreamAsync<GrantTimes>(second), await session.LoadAsync<GrantTimes>(second));
        Assert.Equal([[1L], [3L]], await test.SqlAsync("select mt_version from grants.mt_doc_granttimes order by 1"));
    }

    [Fact]
    public async Task Aggregate_ChangedByItsReader_DoesNotLeakIntoSnapshot()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using var session = test.Store.LightweightSession();
        var stream = await session.Events.FetchForWriting<Grant>(id);
        stream.Aggregate!.Refreshes = 1_000;
        stream.AppendOne(new GrantRefreshed(1));
        await session.SaveChangesAsync();

        Assert.Equal(1, (await session.LoadAsync<Grant>(id))!.Refreshes);
    }

    [Fact]
    public async Task Snapshot_StoredByHand_IsRefused()
    {
        await using var test = await CreateAsync();
        await using var session = test.Store.LightweightSession();
        Assert.Throws<InvalidOperationException>(() => session.Store(new Grant()));
        Assert.Throws<InvalidOperationException>(() => session.Delete<Grant>(Guid.NewGuid()));
    }

    [Fact]
    public async Task TimeTravel_ToVersionAndTime_GivesStateOfThen()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await test.AppendAsync(id, new GrantRefreshed(1));
        await test.AppendAsync(id, new GrantRefreshed(2), new GrantRevoked("over"));
        await using var query = test.Store.QuerySession();
        var events = await query.Events.FetchStreamAsync(id);

        Assert.Equal(1, (await query.Events.AggregateStreamAsync<Grant>(id, version: 2))!.Refreshes);
        var then = await query.Events.AggregateStreamAsync<Grant>(id, timestamp: events[1].Timestamp);
        Assert.Equal((2L, null), (then!.Version, then.RevokedBecause));
        Assert.Null(await query.Events.AggregateStreamAsync<Grant>(id, timestamp: events[0].Timestamp.AddSeconds(-1)));
        Assert.Equal(2, (await query.Events.FetchStreamAsync(id, timestamp: events[1].Timestamp)).Count);
        Assert.Equal([2L, 3L], (await query.Events.FetchStreamAsync(id, version: 3, fromVersion: 2)).Select(e => e.Version));
        Assert.Equal("over", (await query.Events.FetchLatest<Grant>(id))!.RevokedBecause);
    }
}
