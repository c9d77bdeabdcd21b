using Marten.Events;
using Marten.Exceptions;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class AppendTests
{
    [Fact]
    public async Task StartStream_Saved_ReadsBackWithEnvelope()
    {
        await using var test = await CreateAsync();
        var id = Guid.NewGuid();
        await using (var session = test.Store.LightweightSession())
        {
            session.CorrelationId = "trace-1";
            session.CausationId = "message-7";
            session.LastModifiedBy = "alice@example.com";
            session.SetHeader("policy_rev", 7);
            session.Events.StartStream<Grant>(id, Issued(), new GrantRefreshed(1));
            await session.SaveChangesAsync();
        }

        await using var query = test.Store.QuerySession();
        var events = await query.Events.FetchStreamAsync(id);

        Assert.Equal(2, events.Count);
        Assert.Equal(Issued(), Assert.IsAssignableFrom<IEvent<GrantIssued>>(events[0]).Data);
        Assert.Equal([1L, 2L], events.Select(e => e.Version));
        Assert.True(events[0].Sequence < events[1].Sequence);
        Assert.All(events, e =>
        {
            Assert.Equal(id, e.StreamId);
            Assert.Equal("trace-1", e.CorrelationId);
            Assert.Equal("message-7", e.CausationId);
            Assert.Equal("alice@example.com", e.UserName);
            Assert.Equal(7L, e.Headers!["policy_rev"]);
        });
        var state = await query.Events.FetchStreamStateAsync(id);
        Assert.Equal((2L, "grant"), (state!.Version, state.AggregateTypeName));
    }

    [Fact]
    public async Task StartStream_ManyEvents_SequenceRisesWithVersion()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync([Issued(), .. Enumerable.Range(1, 100).Select(i => new GrantRefreshed(i))]);

        await using var query = test.Store.QuerySession();
        var events = await query.Events.FetchStreamAsync(id);

        Assert.Equal(Enumerable.Range(1, 101).Select(i => (long)i), events.Select(e => e.Version));
        Assert.Equal(Enumerable.Range(1, 100), events.Skip(1).Select(e => ((GrantRefreshed)e.Data).Rotation));
    }

    [Fact]
    public async Task StartStream_Exists_ThrowsTyped()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using var session = test.Store.LightweightSession();
        session.Events.StartStream<Grant>(id, Issued("mallory"));

        var e = await Assert.ThrowsAsync<ExistingStreamIdCollisionException>(() => session.SaveChangesAsync());

        Assert.Equal(id, e.Id);
        await using var query = test.Store.QuerySession();
        Assert.Equal("alice", (await query.LoadAsync<Grant>(id))!.Subject);
    }

    [Fact]
    public async Task Append_MissingStream_BeginsIt()
    {
        await using var test = await CreateAsync();
        var id = Guid.NewGuid();
        await test.AppendAsync(id, new GrantNoted("first"));
        await test.AppendAsync(id, new GrantNoted("second"));

        await using var query = test.Store.QuerySession();
        Assert.Equal(2, (await query.Events.FetchStreamStateAsync(id))!.Version);
        Assert.Null((await query.Events.FetchStreamStateAsync(id))!.AggregateTypeName);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(9, true)]
    public async Task AppendExpectedVersion_IsTheVersionAfter(long expectedAfter, bool refused)
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using var session = test.Store.LightweightSession();
        session.Events.Append(id, expectedAfter, new GrantRefreshed(1));

        if (!refused)
        {
            await session.SaveChangesAsync();
            return;
        }

        var e = await Assert.ThrowsAsync<EventStreamUnexpectedMaxEventIdException>(() => session.SaveChangesAsync());
        Assert.Equal((expectedAfter - 1, 1L), (e.Expected, e.Actual));
        await using var query = test.Store.QuerySession();
        Assert.Single(await query.Events.FetchStreamAsync(id));
    }

    [Fact]
    public async Task FetchForWriting_AppendTwice_SameSessionGoesOn()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using var session = test.Store.LightweightSession();
        var stream = await session.Events.FetchForWriting<Grant>(id);
        Assert.Equal(("alice", 1L), (stream.Aggregate!.Subject, stream.StartingVersion));

        stream.AppendOne(new GrantRefreshed(1));
        Assert.Equal(2, stream.CurrentVersion);
        await session.SaveChangesAsync();
        stream.AppendMany(new GrantRefreshed(2), new GrantRefreshed(3));
        await session.SaveChangesAsync();

        var grant = await session.LoadAsync<Grant>(id);
        Assert.Equal((3, 4L), (grant!.Refreshes, grant.Version));
    }

    [Fact]
    public async Task FetchForWriting_MissingStream_GivesNullAndBeginsIt()
    {
        await using var test = await CreateAsync();
        var id = Guid.NewGuid();
        await using var session = test.Store.LightweightSession();
        var stream = await session.Events.FetchForWriting<Grant>(id);
        Assert.Null(stream.Aggregate);
        Assert.Equal(0, stream.StartingVersion);

        stream.AppendOne(Issued());
        await session.SaveChangesAsync();

        Assert.Equal("grant", (await session.Events.FetchStreamStateAsync(id))!.AggregateTypeName);
    }

    [Fact]
    public async Task FetchForWriting_OtherVersion_ThrowsAtOnce()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync(Issued(), new GrantRefreshed(1));
        await using var session = test.Store.LightweightSession();

        var e = await Assert.ThrowsAsync<EventStreamUnexpectedMaxEventIdException>(() => session.Events.FetchForWriting<Grant>(id, 1));

        Assert.Equal((1L, 2L), (e.Expected, e.Actual));
    }

    [Fact]
    public async Task FetchForWriting_Again_OlderReadCannotBeAppendedTo()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using var session = test.Store.LightweightSession();
        var older = await session.Events.FetchForWriting<Grant>(id);
        await test.AppendAsync(id, new GrantRevoked("meanwhile"));
        var newer = await session.Events.FetchForWriting<Grant>(id);

        Assert.Throws<EventStreamUnexpectedMaxEventIdException>(() => older.AppendOne(new GrantRefreshed(1)));
        newer.AppendOne(new GrantNoted("decided on the newer state"));
        await session.SaveChangesAsync();
        Assert.Equal(3, (await session.Events.FetchStreamStateAsync(id))!.Version);
    }

    [Fact]
    public async Task SixteenWriters_OneStream_ExactlyOneWins()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        var ready = new TaskCompletionSource();
        var fetched = 0;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
        {
            await using var session = test.Store.LightweightSession();
            var stream = await session.Events.FetchForWriting<Grant>(id);
            if (Interlocked.Increment(ref fetched) == 16)
            {
                ready.SetResult();
            }

            await ready.Task;
            stream.AppendMany(new GrantRefreshed(i), new GrantRevoked($"writer {i}"));
            try
            {
                await session.SaveChangesAsync();
                return i;
            }
            catch (EventStreamUnexpectedMaxEventIdException e)
            {
                Assert.Equal(id, e.Id);
                return -1;
            }
        })));

        var winner = Assert.Single(outcomes, i => i >= 0);
        await using var query = test.Store.QuerySession();
        Assert.Equal(3, (await query.Events.FetchStreamAsync(id)).Count);
        var grant = await query.LoadAsync<Grant>(id);
        Assert.Equal((3L, 1, $"writer {winner}"), (grant!.Version, grant.Refreshes, grant.RevokedBecause));
        Assert.Equal([[3L]], await test.SqlAsync("select mt_version from grants.mt_doc_grant"));
    }

    [Fact]
    public async Task EightWriters_RetryingAppends_LoseNothing()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
        {
            for (var done = 0; done < 10;)
            {
                try
                {
                    await test.AppendAsync(id, new GrantRefreshed(w));
                    done++;
                }
                catch (EventStreamUnexpectedMaxEventIdException)
                {
                    // Lost the race: again.
                }
            }
        })));

        await using var query = test.Store.QuerySession();
        var grant = await query.LoadAsync<Grant>(id);
        Assert.Equal((80, 81L), (grant!.Refreshes, grant.Version));
        Assert.Equivalent(await query.Events.AggregateStreamAsync<Grant>(id), grant);
    }

    [Fact]
    public async Task TwoStreamsInOneSave_TakenInOppositeOrders_DoNotDeadlock()
    {
        await using var test = await CreateAsync();
        var (a, b) = (await test.StartAsync(), await test.StartAsync());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                await using var session = test.Store.LightweightSession();
                foreach (var id in w % 2 == 0 ? new[] { a, b } : [b, a])
                {
                    (await session.Events.FetchForWriting<Grant>(id)).AppendOne(new GrantRefreshed(i));
                }

                try
                {
                    await session.SaveChangesAsync();
                }
                catch (EventStreamUnexpectedMaxEventIdException)
                {
                    // Lost the race; a deadlock would be another exception.
                }
            }
        })));

        await using var query = test.Store.QuerySession();
        Assert.Equal((await query.LoadAsync<Grant>(a))!.Version, (await query.LoadAsync<Grant>(b))!.Version);
    }

    [Fact]
    public async Task Headers_OfEveryAllowedType_ReadBack()
    {
        await using var test = await CreateAsync();
        var id = Guid.NewGuid();
        await using var session = test.Store.LightweightSession();
        session.SetHeader("text", "ä\"b");
        session.SetHeader("flag", true);
        session.SetHeader("whole", 1L << 60);
        session.SetHeader("part", 0.5);
        session.SetHeader("id", id);
        Assert.Throws<ArgumentException>(() => session.SetHeader("object", new object()));
        session.Events.StartStream<Grant>(id, Issued());
        await session.SaveChangesAsync();

        var headers = (await session.Events.FetchStreamAsync(id))[0].Headers!;
        Assert.Equal(["ä\"b", true, 1L << 60, 0.5, id.ToString()], new[] { "text", "flag", "whole", "part", "id" }.Select(k => headers[k]));
    }

    [Fact]
    public async Task OneSave_TwoStreamsDocumentsAndSql_IsAllOrNothing()
    {
        await using var test = await CreateAsync();
        await test.SqlAsync("create table grants.outbox (id int primary key, body text)");
        var taken = await test.StartAsync();
        await using var session = test.Store.LightweightSession();
        var other = Guid.NewGuid();
        session.Events.StartStream<Grant>(other, Issued());
        session.Events.StartStream<Grant>(taken, Issued());
        session.Store(new User { Email = "a@example.com" });
        session.QueueSqlCommand("insert into grants.outbox values (?, ?)", 1, "what's up? it''s fine");

        await Assert.ThrowsAsync<ExistingStreamIdCollisionException>(() => session.SaveChangesAsync());

        Assert.Empty(await test.SqlAsync("select 1 from grants.outbox"));
        Assert.Empty(await test.SqlAsync("select 1 from grants.mt_doc_user"));
        await using var query = test.Store.QuerySession();
        Assert.Empty(await query.Events.FetchStreamAsync(other));
    }

    [Fact]
    public async Task QueueSqlCommand_RunsBeforeEventsInQueueOrder()
    {
        await using var test = await CreateAsync();
        await test.SqlAsync("create table grants.outbox (n serial, events bigint, name text)");
        await using var session = test.Store.LightweightSession();
        session.Events.StartStream<Grant>(Issued());
        foreach (var name in new[] { "one", "two" })
        {
            session.QueueSqlCommand("insert into grants.outbox (events, name) select count(*), ? from grants.mt_events", name);
        }

        // Rows that a queued command returns are nobody's, and do not disturb the save.
        session.QueueSqlCommand("select 1, 2, 3");
        await session.SaveChangesAsync();

        Assert.Equal([[0L, "one"], [0L, "two"]], await test.SqlAsync("select events, name from grants.outbox order by n"));
    }

    [Fact]
    public async Task UnregisteredEvent_Append_SaysHowToRegister()
    {
        await using var test = await CreateAsync();
        await using var session = test.Store.LightweightSession();
        var e = Assert.Throws<InvalidOperationException>(() => session.Events.Append(Guid.NewGuid(), new Version(1, 2)));
        Assert.Contains("AddEventType<Version>", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TooManyEvents_OneSave_IsRefused()
    {
        await using var test = await CreateAsync(o => o.MaxEventsPerSave = 3);
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.StartAsync(Issued(), new GrantRefreshed(1), new GrantRefreshed(2), new GrantRefreshed(3)));
    }
}
