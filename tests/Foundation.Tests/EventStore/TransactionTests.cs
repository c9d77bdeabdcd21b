using Marten.Exceptions;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class TransactionTests
{
    private const string Lock = "select pg_advisory_xact_lock(?)";

    [Fact]
    public async Task BeginTransaction_Save_CommitsWhatWasExecutedAndQueued()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using (var session = test.Store.LightweightSession())
        {
            await session.BeginTransactionAsync();
            await session.ExecuteAsync("update grants.mt_streams set timestamp = timestamp where id = ?", default, id);
            (await session.Events.FetchForWriting<Grant>(id)).AppendOne(new GrantRefreshed(1));
            await session.SaveChangesAsync();
        }

        await using var query = test.Store.QuerySession();
        Assert.Equal(1, (await query.LoadAsync<Grant>(id))!.Refreshes);
    }

    [Fact]
    public async Task BeginTransaction_DisposedWithoutSave_ChangesNothing()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using (var session = test.Store.LightweightSession())
        {
            await session.BeginTransactionAsync();
            Assert.Equal(1, await session.ExecuteAsync("delete from grants.mt_doc_grant where id = ?", default, id));
            Assert.Null(await session.LoadAsync<Grant>(id));
        }

        await using var query = test.Store.QuerySession();
        Assert.NotNull(await query.LoadAsync<Grant>(id));
    }

    [Fact]
    public async Task BeginTransaction_FailedSave_KeepsNothingAndGivesTheConnectionBack()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        for (var round = 0; round < 40; round++)
        {
            await using var session = test.Store.LightweightSession();
            await session.BeginTransactionAsync();
            session.Events.StartStream<Grant>(id, Issued());
            await Assert.ThrowsAsync<ExistingStreamIdCollisionException>(() => session.SaveChangesAsync());
        }

        await using var query = test.Store.QuerySession();
        Assert.Single(await query.Events.FetchStreamAsync(id));
    }

    [Fact]
    public async Task BeginTransaction_UnderALock_DecisionsAreMadeOneAfterTheOther()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            await using var session = test.Store.LightweightSession();
            await session.BeginTransactionAsync();
            await session.ExecuteAsync(Lock, default, 42L);
            var stream = await session.Events.FetchForWriting<Grant>(id);
            stream.AppendOne(new GrantRefreshed(stream.Aggregate!.Refreshes + 1));
            await session.SaveChangesAsync();
        }));

        await using var query = test.Store.QuerySession();
        var events = await query.Events.FetchStreamAsync(id);
        Assert.Equal(Enumerable.Range(1, 12), events.Skip(1).Select(e => ((GrantRefreshed)e.Data).Rotation));
    }

    [Fact]
    public async Task FetchForExclusiveWriting_OthersWait_AndThenLose()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using var other = test.Store.LightweightSession();
        (await other.Events.FetchForWriting<Grant>(id)).AppendOne(new GrantRefreshed(7));
        Task overtaking;
        await using (var session = test.Store.LightweightSession())
        {
            var stream = await session.Events.FetchForExclusiveWriting<Grant>(id);
            overtaking = other.SaveChangesAsync();
            await ManagedOAuth.Testing.Eventually.Async(async () => await WaitingAsync(test) > 0);
            stream.AppendOne(new GrantRefreshed(1));
            await session.SaveChangesAsync();
        }

        await Assert.ThrowsAsync<EventStreamUnexpectedMaxEventIdException>(() => overtaking);
        await using var query = test.Store.QuerySession();
        Assert.Equal(1, Assert.IsType<GrantRefreshed>((await query.Events.FetchStreamAsync(id))[^1].Data).Rotation);
    }

    [Fact]
    public async Task FetchForExclusiveWriting_SameDocumentAsOneThatWaits_NoDeadlock()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using var other = test.Store.LightweightSession();
        (await other.Events.FetchForWriting<Grant>(id)).AppendOne(new GrantRefreshed(7));
        other.Store(new Setting { Key = "shared" });
        Task overtaking;
        await using (var session = test.Store.LightweightSession())
        {
            (await session.Events.FetchForExclusiveWriting<Grant>(id)).AppendOne(new GrantRefreshed(1));
            overtaking = other.SaveChangesAsync();
            await ManagedOAuth.Testing.Eventually.Async(async () => await WaitingAsync(test) > 0);
            session.Delete<Setting>("shared");
            await session.SaveChangesAsync();
        }

        await Assert.ThrowsAsync<EventStreamUnexpectedMaxEventIdException>(() => overtaking);
    }

    [Fact]
    public async Task Save_ThatADeadlockEnded_CountsAsOvertaken()
    {
        await using var test = await CreateAsync();
        var (first, second) = (await test.StartAsync(), await test.StartAsync());
        var both = new Barrier(2);
        var outcomes = await Task.WhenAll(WriteAsync(first, second), WriteAsync(second, first));

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.IsType<EventStreamUnexpectedMaxEventIdException>(Assert.Single(outcomes, outcome => outcome is not null));

        Task<Exception?> WriteAsync(Guid mine, Guid others) => Task.Run<Exception?>(async () =>
        {
            await using var session = test.Store.LightweightSession();
            await session.Events.FetchForExclusiveWriting<Grant>(mine);
            (await session.Events.FetchForWriting<Grant>(others)).AppendOne(new GrantRefreshed(1));
            both.SignalAndWait(TimeSpan.FromSeconds(30));
            return await Record.ExceptionAsync(() => session.SaveChangesAsync());
        });
    }

    [Fact]
    public async Task FetchForExclusiveWriting_DisposedWithoutSave_LetsOthersWrite()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await using (var session = test.Store.LightweightSession())
        {
            Assert.Equal(1, (await session.Events.FetchForExclusiveWriting<Grant>(id)).StartingVersion);
        }

        await test.AppendAsync(id, new GrantRefreshed(1));
        await using var query = test.Store.QuerySession();
        Assert.Equal(2, (await query.Events.FetchStreamStateAsync(id))!.Version);
    }

    private static async Task<long> WaitingAsync(TestStore test)
    {
        await using var data = Npgsql.NpgsqlDataSource.Create(test.ConnectionString);
        await using var command = data.CreateCommand("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
