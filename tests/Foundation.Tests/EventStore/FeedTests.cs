using Marten.Events;
using ManagedOAuth.Testing;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class FeedTests
{
    [Fact]
    public async Task SafeFeed_LateCommit_WaitsAndSkipsNothing()
    {
        await using var test = await CreateAsync();
        var first = await test.StartAsync();
        await using var slow = await test.ConnectAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        var late = Guid.NewGuid();
        await InsertAsync(slow, late);
        var third = await test.StartAsync();

        var page = await test.Store.Advanced.FetchSafeEventsAsync(0, 10);
        Assert.Equal([first], page.Events.Select(e => e.StreamId));
        Assert.Equal(1, page.Next);
        // The feed without the mark sees the third at once.
        Assert.Equal([first, third], (await test.Store.Advanced.FetchVisibleEventsAsync(0, 10)).Events.Select(e => e.StreamId));

        await transaction.CommitAsync();
        page = await test.Store.Advanced.FetchSafeEventsAsync(page.Next, 10);
        Assert.Equal([late, third], page.Events.Select(e => e.StreamId));
        Assert.Equal(3, page.Next);
        Assert.Empty((await test.Store.Advanced.FetchSafeEventsAsync(page.Next, 10)).Events);
    }

    [Fact]
    public async Task SafeFeed_RolledBackAppend_LeavesHoleAndGoesOn()
    {
        await using var test = await CreateAsync();
        await using (var failing = await test.ConnectAsync())
        await using (var transaction = await failing.BeginTransactionAsync())
        {
            await InsertAsync(failing, Guid.NewGuid());
            await transaction.RollbackAsync();
        }

        var id = await test.StartAsync();
        var page = await test.Store.Advanced.FetchSafeEventsAsync(0, 10);
        Assert.Equal((id, 2L), (Assert.Single(page.Events).StreamId, page.Next));
    }

    [Fact]
    public async Task SafeFeed_ParallelWritersOfEveryKind_DeliversEachEventOnceInOrder()
    {
        await using var test = await CreateAsync();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 6).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                if (w < 4)
                {
                    await test.StartAsync(Issued(), new GrantRefreshed(i));
                    continue;
                }

                // Slow writers that take their number long before they commit, some of which give up.
                await using var connection = await test.ConnectAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                await InsertAsync(connection, Guid.NewGuid());
                await SqlAsync(connection, "select pg_sleep(0.005)");
                await (i % 3 == 0 ? transaction.RollbackAsync() : transaction.CommitAsync());
            }
        })).ToList();

        var seen = new List<long>();
        var after = 0L;
        var all = Task.WhenAll(writers);
        while (true)
        {
            var done = all.IsCompleted;
            var next = test.Store.Advanced.NextCommit;
            var page = await test.Store.Advanced.FetchSafeEventsAsync(after, 7);
            seen.AddRange(page.Events.Select(e => e.Sequence));
            after = page.Next;
            if (done && page.Events.Count == 0)
            {
                break;
            }

            if (page.Events.Count == 0)
            {
                await Task.WhenAny(next, Task.Delay(20));
            }
        }

        await all;
        var stored = (await test.SqlAsync("select seq_id from grants.mt_events order by seq_id")).Select(r => (long)r[0]!);
        Assert.Equal(stored, seen);
    }

    [Fact]
    public async Task SafeFeed_Narrowed_PositionPassesOverTheRest()
    {
        await using var test = await CreateAsync();
        await test.StartAsync(Issued(), new GrantRefreshed(1), new GrantRevoked("x"));
        var page = await test.Store.Advanced.FetchSafeEventsAsync(new EventQuery { EventTypes = [typeof(GrantRefreshed)], After = 0 });
        Assert.Equal((2L, 3L), (Assert.Single(page.Events).Sequence, page.Next));
    }

    [Fact]
    public async Task NextCommit_TakenBeforeTheCommit_CompletesByIt()
    {
        await using var test = await CreateAsync();
        var next = test.Store.Advanced.NextCommit;
        await using (var session = test.Store.LightweightSession())
        {
            session.Store(new Setting { Key = "no event" });
            await session.SaveChangesAsync();
        }

        Assert.False(next.IsCompleted);
        await test.StartAsync();
        await next.WaitAsync(Eventually.DefaultDeadline);
    }

    /// <summary>An append of one event in whatever transaction is open.</summary>
    internal static Task InsertAsync(Npgsql.NpgsqlConnection connection, Guid id) => SqlAsync(
        connection,
        $$"""
        insert into grants.mt_streams (id, type, version) values ('{{id}}', 'grant', 1);
        insert into grants.mt_events (seq_id, id, stream_id, version, data, type)
        values (nextval('grants.mt_events_sequence'), gen_random_uuid(), '{{id}}', 1, '{"subject": "late"}', 'grant_issued')
        """);
}
