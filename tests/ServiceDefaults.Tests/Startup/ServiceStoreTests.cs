using ManagedOAuth.ServiceDefaults.Store;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wolverine.Marten;

namespace ManagedOAuth.ServiceDefaults.Tests.Startup;

public class ServiceStoreTests
{
    private static readonly ServiceKeys s_keys = new("token", "authorization-server");

    [Fact]
    public async Task Store_EventsAndMessages_WorkAfterReadiness()
    {
        await using var service = await StartAsync(await PostgresServer.CreateDatabaseAsync());
        await Eventually.Async(service.IsReadyAsync);
        var id = Guid.NewGuid();
        await using (var scope = service.Services.CreateAsyncScope())
        {
            var session = scope.ServiceProvider.GetRequiredService<IDocumentSession>();
            var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
            outbox.Enroll(session);
            session.Events.StartStream<Ledger>(id, new Booked(40));
            await outbox.PublishAsync(new Book(id, 2));
            await session.SaveChangesAsync();
        }

        var store = service.Services.GetRequiredService<IDocumentStore>();
        await Eventually.Async(async () =>
        {
            await using var query = store.QuerySession();
            return (await query.Events.AggregateStreamAsync<Ledger>(id))?.Sum == 42;
        });
    }

    [Fact]
    public async Task Start_WithoutPostgres_ServesHealth_AndIsReadyOnceItAppears()
    {
        await using var postgres = await PostgresServer.StartPrivateAsync();
        var connectionString = postgres.ConnectionString;
        await postgres.StopAsync();

        await using var service = await StartAsync(connectionString);
        Assert.False(await service.IsReadyAsync());
        Assert.True((await service.Client.GetAsync(new Uri("/alive", UriKind.Relative))).IsSuccessStatusCode);

        await postgres.StartAsync();
        await Eventually.Async(service.IsReadyAsync);

        await postgres.KillAsync();
        await Eventually.Async(async () => !await service.IsReadyAsync());
        await postgres.StartAsync();
        await Eventually.Async(service.IsReadyAsync);
    }

    [Fact]
    public async Task Schema_OfAServiceWithAHyphen_HasAnUnderscore()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        await using var service = await StartAsync(database, "authorization-server");
        await Eventually.Async(service.IsReadyAsync);
        Assert.Equal("authorization_server", service.Services.GetRequiredService<IDocumentStore>().Options.DatabaseSchemaName);
    }

    [Fact]
    public async Task DataSource_HasANameForTraces_AndBoundedPool()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        await using var service = await StartAsync(database + ";Maximum Pool Size=90");
        var source = service.Services.GetRequiredService<NpgsqlDataSource>();
        Assert.Equal(16, new NpgsqlConnectionStringBuilder(source.ConnectionString).MaxPoolSize);
    }

    [Fact]
    public async Task Start_WithoutConnectionString_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<ManagedOAuth.ServiceDefaults.Startup.StartupRefusedException>(() => StartAsync(""));
        Assert.Contains("ConnectionStrings:managedoauth", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithUnreadableConnectionString_IsRefusedWithoutQuotingIt()
    {
        var refused = await Assert.ThrowsAsync<ManagedOAuth.ServiceDefaults.Startup.StartupRefusedException>(
            () => StartAsync("Host=x;Password=canary;Nonsense=canary"));
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadModel_ThatAnOperatorAsksFor_IsRebuiltBesideARunningReplica()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        await using var running = await StartAsync(database);
        await Eventually.Async(running.IsReadyAsync);
        var id = Guid.NewGuid();
        await using (var session = running.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            session.Events.StartStream<Ledger>(id, new Booked(40));
            await session.SaveChangesAsync();
        }

        await using (var damage = running.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("update token.mt_doc_ledger set data = jsonb_set(data, '{sum}', '1')"))
        {
            Assert.Equal(1, await damage.ExecuteNonQueryAsync());
        }

        var tally = new Tally();
        await using var rebuilding = await StartAsync(database, tally: tally, settings: new() { ["Projections:Rebuild"] = "all" });
        await Eventually.Async(async () =>
        {
            await using var query = running.Services.GetRequiredService<IDocumentStore>().QuerySession();
            return (await query.LoadAsync<Ledger>(id))!.Sum == 40;
        });
        await Eventually.Async(() => tally.Rebuilt == 1);
        await Eventually.Async(rebuilding.IsReadyAsync);
    }

    [Fact]
    public async Task ReadModel_ThatThereIsNot_RefusesTheStartAndNamesThoseThatThereAre()
    {
        var refused = await Assert.ThrowsAsync<ManagedOAuth.ServiceDefaults.Startup.StartupRefusedException>(async () =>
            await StartAsync(await PostgresServer.CreateDatabaseAsync(), tally: new Tally(), settings: new() { ["Projections:Rebuild"] = "Ledger, Ledgers" }));
        Assert.Contains("no read model 'Ledgers'; there are Ledger, Tally", refused.Message, StringComparison.Ordinal);
    }

    private static Task<TestService> StartAsync(string database, string name = "token", Tally? tally = null, Dictionary<string, string?>? settings = null) => TestService.StartAsync(
        name, s_keys,
        build: builder =>
        {
            builder.AddServiceStore(
                name,
                store =>
                {
                    store.Events.AddEventType<Booked>();
                    store.Projections.Snapshot<Ledger>(Marten.Events.Projections.SnapshotLifecycle.Inline);
                },
                messaging => messaging.PublishMessage<Book>().ToPostgresqlQueue(name));
            if (tally is not null)
            {
                builder.Services.AddSingleton<IReadModel>(tally);
            }
        },
        settings: new Dictionary<string, string?>(settings ?? []) { ["ConnectionStrings:managedoauth"] = database });

    private sealed class Tally : IReadModel
    {
        public string Name => nameof(Tally);

        public int Rebuilt { get; private set; }

        public Task RebuildAsync(CancellationToken cancellation) => Task.FromResult(++Rebuilt);
    }
}

public sealed record Booked(int Amount);

public sealed record Book(Guid Ledger, int Amount);

public sealed class Ledger
{
    public Guid Id { get; set; }

    public int Version { get; set; }

    public int Sum { get; set; }

    public static Ledger Create(Booked e) => new() { Sum = e.Amount };

    public void Apply(Booked e) => Sum += e.Amount;
}

public static class BookHandler
{
    public static void Handle(Book message, IDocumentSession session) => session.Events.Append(message.Ledger, new Booked(message.Amount));
}
