using Marten;
using Marten.Events.Daemon;
using Marten.Events.Projections;
using ManagedOAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class DaemonTests
{
    private static void WithLines(StoreOptions options)
    {
        options.Projections.Add(new GrantLines(), ProjectionLifecycle.Async);
        options.Projections.BatchSize = 10;
    }

    private static async Task<ProjectionDaemon> RunAsync(DocumentStore store, DaemonMode mode = DaemonMode.HotCold)
    {
        var daemon = new ProjectionDaemon(store, mode);
        await daemon.StartAsync(default);
        return daemon;
    }

    private static async Task<List<GrantLine>> LinesAsync(TestStore test)
    {
        await test.Store.Advanced.WaitForNonStaleProjectionDataAsync(Eventually.DefaultDeadline);
        await using var query = test.Store.QuerySession();
        return [.. await query.QueryAsync<GrantLine>("order by (data ->> 'sequence')::bigint", default)];
    }

    [Fact]
    public async Task Projection_TakesOldAndNewEvents_OnceEach()
    {
        await using var test = await CreateAsync(WithLines);
        for (var i = 0; i < 15; i++)
        {
            await test.StartAsync(Issued(), new GrantRefreshed(i));
        }

        using var daemon = await RunAsync(test.Store);
        await test.StartAsync(Issued(), new GrantRefreshed(1));
        var lines = await LinesAsync(test);
        await daemon.StopAsync(default);

        Assert.Equal(Enumerable.Range(1, 32).Select(i => (long)i), lines.Select(l => l.Sequence));
        Assert.All(lines, l => Assert.Equal(1, l.Times));
        var progress = Assert.Single(await test.Store.Advanced.AllProjectionProgress());
        Assert.Equal(("GrantLines:All", 32L), (progress.Name, progress.Sequence));
    }

    [Fact]
    public async Task LateCommit_IsNeverSkipped()
    {
        await using var test = await CreateAsync(WithLines);
        using var daemon = await RunAsync(test.Store);
        await using var slow = await test.ConnectAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await FeedTests.InsertAsync(slow, Guid.NewGuid());
        await test.StartAsync();
        await test.StartAsync();
        // Looks again and again while the gap is open.
        for (var i = 0; i < 5; i++)
        {
            await test.Store.HighWater.DetectAsync(0, default);
        }

        Assert.DoesNotContain(await test.Store.Advanced.AllProjectionProgress(), p => p.Sequence > 0);
        await transaction.CommitAsync();

        Assert.Equal([1L, 2L, 3L], (await LinesAsync(test)).Select(l => l.Sequence));
        await daemon.StopAsync(default);
    }

    [Fact]
    public async Task TwoReplicas_OneRuns_OtherTakesOverWhenItsConnectionIsKilled()
    {
        await using var test = await CreateAsync(WithLines);
        await using var second = Open(test.ConnectionString, WithLines);
        using var daemon1 = await RunAsync(test.Store);
        using var daemon2 = await RunAsync(second);
        await test.StartAsync();
        await LinesAsync(test);
        var holder = Assert.Single(await HoldersAsync(test));

        for (var kill = 0; kill < 3; kill++)
        {
            await test.SqlAsync("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())");
            await test.StartAsync();
            await test.StartAsync(Issued(), new GrantRefreshed(kill));
        }

        var lines = await LinesAsync(test);
        Assert.Equal(10, lines.Count);
        Assert.All(lines, l => Assert.Equal(1, l.Times));
        Assert.NotEqual(holder[0], Assert.Single(await HoldersAsync(test))[0]);

        // An orderly stop hands over as well.
        await daemon1.StopAsync(default);
        await test.StartAsync();
        Assert.Equal(11, (await LinesAsync(test)).Count);
        await daemon2.StopAsync(default);
        Assert.Empty(await HoldersAsync(test));
    }

    [Fact]
    public async Task HolderThatCannotComeBack_TheOtherGoesOn_AndTheOtherWayRound()
    {
        await using var test = await CreateAsync(WithLines);
        var role = $"holder_{Guid.NewGuid():N}";
        await test.SqlAsync($"create role {role} login superuser password 'holder'");
        await using var first = Open(new NpgsqlConnectionStringBuilder(test.ConnectionString) { Username = role, Password = "holder" }.ConnectionString, WithLines);
        using var firstDaemon = await RunAsync(first);
        await test.StartAsync(Issued(), new GrantRefreshed(1));
        Assert.Equal(2, (await LinesAsync(test)).Count);
        Assert.Equal([role], await HolderRolesAsync(test));
        using var secondDaemon = await RunAsync(test.Store);

        // Its connections die and it gets no new one: whatever is taken from now on is taken by the other.
        await test.SqlAsync($"alter role {role} nologin");
        await test.SqlAsync($"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{role}'");
        await test.StartAsync(Issued(), new GrantRefreshed(2));
        Assert.Equal(4, (await LinesAsync(test)).Count);
        Assert.DoesNotContain(role, await HolderRolesAsync(test));

        // And back, when the other ends in order.
        await test.SqlAsync($"alter role {role} login");
        await secondDaemon.StopAsync(default);
        await test.StartAsync(Issued(), new GrantRefreshed(3));
        var lines = await LinesAsync(test);
        Assert.Equal(6, lines.Count);
        Assert.All(lines, l => Assert.Equal(1, l.Times));
        Assert.Equal([role], await HolderRolesAsync(test));
        await firstDaemon.StopAsync(default);
    }

    [Fact]
    public async Task TwoRunnersWithoutLock_ProgressRowFencesOneOff()
    {
        await using var test = await CreateAsync(WithLines);
        await using var second = Open(test.ConnectionString, WithLines);
        using var daemon1 = await RunAsync(test.Store, DaemonMode.Solo);
        using var daemon2 = await RunAsync(second, DaemonMode.Solo);
        for (var i = 0; i < 40; i++)
        {
            await test.StartAsync();
        }

        var lines = await LinesAsync(test);
        Assert.Equal(40, lines.Count);
        Assert.All(lines, l => Assert.Equal(1, l.Times));
        await daemon1.StopAsync(default);
        await daemon2.StopAsync(default);
    }

    [Fact]
    public async Task PoisonEvents_AreParkedWithTheirError_AndTheRestGoesOn()
    {
        await using var test = await CreateAsync(WithLines);
        await test.StartAsync(Issued(), new GrantNoted("poison"), new GrantRefreshed(1), new GrantNoted("fine"));
        var unreadable = await test.StartAsync();
        await test.StartAsync();
        await test.SqlAsync($$"""update grants.mt_events set data = '{"subject": []}' where stream_id = '{{unreadable}}'""");

        using var daemon = await RunAsync(test.Store);
        var lines = await LinesAsync(test);
        await daemon.StopAsync(default);

        Assert.Equal([1L, 3L, 4L, 6L], lines.Select(l => l.Sequence));
        Assert.All(lines, l => Assert.Equal(1, l.Times));
        await using var query = test.Store.QuerySession();
        var parked = await query.QueryAsync<DeadLetterEvent>("order by (data ->> 'eventSequence')::bigint", default);
        Assert.Equal([2L, 5L], parked.Select(p => p.EventSequence));
        Assert.Equal(("GrantLines", "All", typeof(InvalidOperationException).FullName, "I cannot take this."), (parked[0].ProjectionName, parked[0].ShardName, parked[0].ExceptionType, parked[0].ExceptionMessage));
        Assert.EndsWith("EventDeserializationFailureException", parked[1].ExceptionType, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DatabaseGoneForAWhile_ParksNothing()
    {
        await using var test = await CreateAsync(WithLines);
        using var daemon = await RunAsync(test.Store);
        await test.StartAsync();
        await LinesAsync(test);
        var name = new NpgsqlConnectionStringBuilder(test.ConnectionString).Database;
        var admin = new NpgsqlConnectionStringBuilder(test.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString;
        await using var connection = new NpgsqlConnection(admin);
        await connection.OpenAsync();
        // Nobody may connect any more, and whoever is connected is thrown out.
        await SqlAsync(connection, $"alter database {name} allow_connections false");
        await SqlAsync(connection, "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name!);
        await Eventually.Async(async () => (await SqlAsync(connection, "select 1 from pg_stat_activity where datname = $1", name!)).Count == 0);
        await SqlAsync(connection, $"alter database {name} allow_connections true");

        await Eventually.Passes(() => test.StartAsync());
        Assert.Equal(2, (await LinesAsync(test)).Count);
        await using var query = test.Store.QuerySession();
        Assert.Empty(await query.QueryAsync<DeadLetterEvent>("", default));
        await daemon.StopAsync(default);
    }

    [Fact]
    public async Task MultiStream_FoldsByIdentity_AndRebuildGivesTheSame()
    {
        await using var test = await CreateAsync(o => o.Projections.Add(new UserGrantsProjection(), ProjectionLifecycle.Async));
        using var daemon = await RunAsync(test.Store);
        var a1 = await test.StartAsync(Issued("alice"));
        await test.StartAsync(Issued("bob"));
        var a2 = await test.StartAsync(Issued("alice"), new GrantRefreshed(1));
        await test.Store.Advanced.WaitForNonStaleProjectionDataAsync(Eventually.DefaultDeadline);
        await using var query = test.Store.QuerySession();
        var before = (await query.LoadAsync<UserGrants>("alice"))!;
        Assert.Equal([a1, a2], before.Grants);
        Assert.Equal([["alice", 3L], ["bob", 2L]], await test.SqlAsync("select id, mt_version from grants.mt_doc_usergrants order by id"));
        Assert.Equal([["UserGrants:All"]], await test.SqlAsync("select name from grants.mt_event_progression"));

        // Damage it, then rebuild while the daemon runs and events keep coming.
        await test.SqlAsync("""update grants.mt_doc_usergrants set data = '{"issued": 99}'; insert into grants.mt_doc_usergrants (id, data) values ('ghost', '{}')""");
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                await test.StartAsync(Issued("carol"));
            }
        });
        await test.Store.Advanced.RebuildProjectionAsync("UserGrants");
        await writing;
        await test.Store.Advanced.WaitForNonStaleProjectionDataAsync(Eventually.DefaultDeadline);

        Assert.Equivalent(before, await query.LoadAsync<UserGrants>("alice"));
        Assert.Null(await query.LoadAsync<UserGrants>("ghost"));
        Assert.Equal(20, (await query.LoadAsync<UserGrants>("carol"))!.Issued);
        await daemon.StopAsync(default);
    }

    [Fact]
    public async Task Rebuild_WhileTheDaemonRuns_AndNothingHappens_IsDone()
    {
        await using var test = await CreateAsync(o => o.Projections.Add(new UserGrantsProjection(), ProjectionLifecycle.Async));
        using var daemon = await RunAsync(test.Store);
        await test.StartAsync(Issued("alice"));
        await test.Store.Advanced.WaitForNonStaleProjectionDataAsync(Eventually.DefaultDeadline);
        await test.SqlAsync("""update grants.mt_doc_usergrants set data = '{"issued": 99}'""");

        await test.Store.Advanced.RebuildProjectionAsync("UserGrants").WaitAsync(Eventually.DefaultDeadline);
        await using var query = test.Store.QuerySession();
        Assert.Equal(1, (await query.LoadAsync<UserGrants>("alice"))!.Issued);
        await daemon.StopAsync(default);
    }

    [Fact]
    public async Task Rebuild_WithoutDaemon_ReplaysHere_AndForgetsParkedEvents()
    {
        await using var test = await CreateAsync(WithLines);
        await test.StartAsync(Issued(), new GrantNoted("poison"));
        await test.Store.Advanced.RebuildProjectionAsync("GrantLines");
        await test.Store.Advanced.RebuildProjectionAsync("GrantLines");

        var line = Assert.Single(await LinesAsync(test));
        Assert.Equal(1, line.Times);
        await using var query = test.Store.QuerySession();
        Assert.Single(await query.QueryAsync<DeadLetterEvent>("", default));
        var e = await Assert.ThrowsAsync<ArgumentException>(() => test.Store.Advanced.RebuildProjectionAsync("Nothing"));
        Assert.Contains("GrantLines", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AsyncSnapshot_FollowsTheStream()
    {
        await using var test = await CreateAsync(o => o.Projections.Snapshot<GrantTimes>(SnapshotLifecycle.Async));
        using var daemon = await RunAsync(test.Store);
        var id = await test.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await test.AppendAsync(id, new GrantRefreshed(i));
        }

        await test.Store.Advanced.WaitForNonStaleProjectionDataAsync(Eventually.DefaultDeadline);
        await using var query = test.Store.QuerySession();
        Assert.Equal(await query.Events.AggregateStreamAsync<GrantTimes>(id), await query.LoadAsync<GrantTimes>(id));
        Assert.Equal([[6L]], await test.SqlAsync("select mt_version from grants.mt_doc_granttimes"));
        await daemon.StopAsync(default);
    }

    [Fact]
    public async Task InlineProjection_IsSavedWithTheEvents()
    {
        await using var test = await CreateAsync(o => o.Projections.Add(new InlineNotes(), ProjectionLifecycle.Inline));
        var id = await test.StartAsync(Issued(), new GrantNoted("hello"));
        await using var query = test.Store.QuerySession();
        Assert.Equal("hello", (await query.LoadAsync<Setting>(id.ToString()))!.Value);
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.StartAsync(Issued(), new GrantNoted("refuse")));
        Assert.Single(await test.SqlAsync("select 1 from grants.mt_streams"));
    }

    [Fact]
    public async Task Host_AppliesSchemaRunsDaemonAndInjectsSessions()
    {
        var connectionString = await PostgresServer.CreateDatabaseAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging();
        builder.Services.AddSingleton(StoreDataSource.Create(connectionString, "grants"));
        builder.Services.AddMarten(o =>
        {
            o.DatabaseSchemaName = "grants";
            o.Serializer(TestJsonContext.Default);
            o.Projections.Snapshot<Grant>(SnapshotLifecycle.Inline);
            o.Projections.Add(new UserGrantsProjection(), ProjectionLifecycle.Async);
        }).ApplyAllDatabaseChangesOnStartup().AddAsyncDaemon(DaemonMode.HotCold);
        builder.Services.ConfigureMarten(o => o.Schema.For<User>());
        using var host = builder.Build();
        await host.StartAsync();

        var store = host.Services.GetRequiredService<IDocumentStore>();
        await using (var scope = host.Services.CreateAsyncScope())
        {
            var session = scope.ServiceProvider.GetRequiredService<IDocumentSession>();
            session.Events.StartStream<Grant>(Issued("alice"));
            session.Store(new User { Email = "a@example.com" });
            await session.SaveChangesAsync();
            await store.Advanced.WaitForNonStaleProjectionDataAsync(Eventually.DefaultDeadline);
            Assert.Equal(1, (await scope.ServiceProvider.GetRequiredService<IQuerySession>().LoadAsync<UserGrants>("alice"))!.Issued);
        }

        await host.StopAsync();
    }

    private static Task<List<object?[]>> HoldersAsync(TestStore test) => test.SqlAsync(
        "select l.pid from pg_locks l where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())");

    private static async Task<List<object?>> HolderRolesAsync(TestStore test) => [.. (await test.SqlAsync(
        "select a.usename::text from pg_locks l join pg_stat_activity a using (pid) where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())"))
        .Select(row => row[0])];

    private sealed class InlineNotes : EventProjection
    {
        public static void Project(Marten.Events.IEvent<GrantNoted> e, IDocumentOperations operations) => operations.Store(
            e.Data.Note == "refuse" ? throw new InvalidOperationException("no") : new Setting { Key = e.StreamId.ToString(), Value = e.Data.Note });
    }
}
