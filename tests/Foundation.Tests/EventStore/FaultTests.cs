using Marten.Exceptions;
using ManagedOAuth.Testing;
using Npgsql;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class FaultTests
{
    [Fact]
    public async Task BackendKilledInTheMiddleOfASave_NothingIsSaved()
    {
        await using var test = await CreateAsync();
        var id = Guid.NewGuid();
        await using var session = test.Store.LightweightSession();
        session.Store(new Setting { Key = "k" });
        session.Events.StartStream<Grant>(id, Issued());
        // The save stops inside its transaction, after the first statement, on a lock that the test holds.
        await using var blocker = await test.ConnectAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await SqlAsync(blocker, "lock table grants.mt_events in access exclusive mode");
        var save = session.SaveChangesAsync();
        await Eventually.Async(async () => (await test.SqlAsync("select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%mt_events%' and datname = current_database()")).Count > 0);
        await test.SqlAsync("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()");

        var e = await Assert.ThrowsAsync<StoreUnavailableException>(() => save);
        await transaction.RollbackAsync();

        Assert.True(e.IsTransient);
        await using var query = test.Store.QuerySession();
        Assert.Empty(await query.Events.FetchStreamAsync(id));
        Assert.Null(await query.LoadAsync<Setting>("k"));
        Assert.Null(await query.LoadAsync<Grant>(id));
        Assert.Null(await query.Events.FetchStreamStateAsync(id));
        // The pool recovers by itself.
        await test.StartAsync();
    }

    [Fact]
    public async Task WritersKilledAgainAndAgain_EachSaveIsWholeOrAbsent()
    {
        await using var test = await CreateAsync();
        using var stop = new CancellationTokenSource();
        var killer = Task.Run(async () =>
        {
            await using var connection = await test.ConnectAsync();
            while (!stop.IsCancellationRequested)
            {
                await SqlAsync(connection, "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database() and state = 'active' and random() < 0.5");
                await SqlAsync(connection, "select pg_sleep(0.002)");
            }
        });
        var acknowledged = await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            var saved = new List<Guid>();
            for (var i = 0; i < 60; i++)
            {
                var id = Guid.NewGuid();
                await using var session = test.Store.LightweightSession();
                session.Events.StartStream<Grant>(id, Issued(), new GrantRefreshed(1), new GrantRefreshed(2));
                session.Store(new Setting { Key = id.ToString() });
                try
                {
                    await session.SaveChangesAsync();
                    saved.Add(id);
                }
                catch (StoreUnavailableException)
                {
                    // Killed: whole or absent, and not acknowledged.
                }
            }

            return saved;
        })));
        await stop.CancelAsync();
        await killer;

        Assert.Empty(await test.SqlAsync(
            """
            select s.id from grants.mt_streams s
            where s.version <> 3
               or (select count(*) from grants.mt_events e where e.stream_id = s.id) <> 3
               or not exists (select 1 from grants.mt_doc_grant d where d.id = s.id and d.mt_version = 3)
               or not exists (select 1 from grants.mt_doc_setting d where d.id = s.id::text)
            """));
        var stored = (await test.SqlAsync("select id from grants.mt_streams")).Select(r => (Guid)r[0]!).ToHashSet();
        Assert.Subset(stored, acknowledged.SelectMany(ids => ids).ToHashSet());
    }

    [Fact]
    public async Task ServerKilled_AcknowledgedSavesSurviveTheRestart()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await using var store = Open(server.ConnectionString);
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        var id = Guid.NewGuid();
        await using (var session = store.LightweightSession())
        {
            session.Events.StartStream<Grant>(id, Issued());
            await session.SaveChangesAsync();
        }

        await server.KillAsync();
        await using (var session = store.LightweightSession())
        {
            session.Events.Append(id, new GrantRefreshed(1));
            await Assert.ThrowsAsync<StoreUnavailableException>(() => session.SaveChangesAsync());
        }

        await server.StartAsync();
        await using var again = Open(server.ConnectionString);
        await using var query = again.QuerySession();
        Assert.Equal(1, (await query.LoadAsync<Grant>(id))!.Version);
        Assert.Single((await again.Advanced.FetchSafeEventsAsync(0, 10)).Events);
    }

    [Fact]
    public async Task SchemaAtStart_ServerStillDown_WaitsForIt()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await using var store = Open(server.ConnectionString);
        await server.KillAsync();
        var starting = new Marten.Schema.SchemaStartup(store, TimeProvider.System).StartAsync(default);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.QuerySession().QueryAsync<User>("", default));

        await server.StartAsync();
        await starting;

        Assert.Empty(await store.QuerySession().QueryAsync<User>("", default));
    }

    [Fact]
    public async Task CommandTimeout_IsTypedAndBounded()
    {
        await using var test = await CreateAsync();
        await using var store = Open(test.ConnectionString, o => o.CommandTimeout = TimeSpan.FromSeconds(1));
        await using var session = store.LightweightSession();
        session.QueueSqlCommand("select pg_sleep(60)");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => session.SaveChangesAsync());
    }

    [Fact]
    public async Task Cancellation_StopsASave()
    {
        await using var test = await CreateAsync();
        await using var session = test.Store.LightweightSession();
        session.QueueSqlCommand("select pg_sleep(60)");
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session.SaveChangesAsync(cancel.Token));
    }

    [Fact]
    public void DataSource_HasANameSoThatTracesHoldNoConnectionString()
    {
        using var source = Marten.StoreDataSource.Create("Host=db.internal;Username=svc;Password=secret;Max Auto Prepare=7", "token");
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        Assert.Equal((7, 16, true), (settings.MaxAutoPrepare, settings.MaxPoolSize, settings.NoResetOnClose));
    }
}
