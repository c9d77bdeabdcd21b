using System.Diagnostics;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wolverine;
using Wolverine.Marten;

namespace ManagedOAuth.Foundation.Tests.Messaging;

public sealed class PublishingTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Outbox_SessionIsNotSaved_PublishesNothing()
    {
        await using var node = await StartAsync();
        await using (var scope = node.Services.CreateAsyncScope())
        {
            var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
            outbox.Enroll(scope.ServiceProvider.GetRequiredService<IDocumentSession>());
            await outbox.PublishAsync(new Record("never"));
        }

        Assert.Equal(0, await _database.CountAsync("messages.queue"));
    }

    [Fact]
    public async Task Outbox_SaveFails_PublishesNothing()
    {
        await using var node = await StartAsync();
        await using var scope = node.Services.CreateAsyncScope();
        var session = scope.ServiceProvider.GetRequiredService<IDocumentSession>();
        var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
        outbox.Enroll(session);
        await outbox.PublishAsync(new Record("never"));
        session.Events.Append(Guid.NewGuid(), new CounterOpened(1));
        session.QueueSqlCommand("insert into effects (key) values (null)");
        await Assert.ThrowsAnyAsync<Exception>(() => session.SaveChangesAsync());
        Assert.Equal(0, await _database.CountAsync("messages.queue"));
        Assert.Equal(0, await _database.CountAsync("app.mt_events"));
    }

    [Fact]
    public async Task Outbox_WithoutSession_RefusesToPublish()
    {
        await using var node = await StartAsync();
        await using var scope = node.Services.CreateAsyncScope();
        var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
        await Assert.ThrowsAsync<InvalidOperationException>(() => outbox.PublishAsync(new Record("never")).AsTask());
    }

    [Fact]
    public async Task Outbox_SavedTwice_PublishesEachMessageOnce()
    {
        await using var node = await StartAsync();
        await using var scope = node.Services.CreateAsyncScope();
        var session = scope.ServiceProvider.GetRequiredService<IDocumentSession>();
        var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
        outbox.Enroll(session);
        await outbox.PublishAsync(new Record("one"));
        await session.SaveChangesAsync();
        await outbox.PublishAsync(new Record("two"));
        await session.SaveChangesAsync();
        Assert.Equal(2, await _database.CountAsync("messages.queue"));
    }

    [Fact]
    public async Task Publish_ToSeveralQueues_WritesOneRowEachWithOneId()
    {
        await using var node = await StartAsync();
        await node.PublishAsync(new Boom("b"));
        Assert.Equal(["one", "two"], await _database.TextsAsync("select receiver from messages.queue order by receiver"));
        Assert.Equal(1, await _database.ScalarAsync<long>("select count(distinct id) from messages.queue"));
        Assert.Equal("boom {\"key\":\"b\"} tests", await _database.ScalarAsync<string>(
            "select message_type || ' ' || convert_from(body, 'UTF8') || ' ' || source from messages.queue limit 1"));
    }

    [Fact]
    public async Task Publish_WithoutRoute_IsLoggedAndDropped()
    {
        await using var node = await StartAsync();
        await node.WithBusAsync(async bus => await bus.PublishAsync(new CounterOpened(1)));
        Assert.Equal(0, await _database.CountAsync("messages.queue"));
        Assert.Contains(node.Logs.Lines, l => l.StartsWith("Warning", StringComparison.Ordinal) && l.Contains("CounterOpened", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Send_WithoutRoute_Throws()
    {
        await using var node = await StartAsync();
        await Assert.ThrowsAsync<IndeterminateRoutesException>(() => node.WithBusAsync(async bus => await bus.SendAsync(new CounterOpened(1))));
    }

    [Fact]
    public async Task Publish_AboveTheLimit_Throws()
    {
        await using var node = await StartAsync();
        await Assert.ThrowsAsync<MessageTooLargeException>(() => node.WithBusAsync(async bus => await bus.PublishAsync(new Record(new string('x', 1024 * 1024)))));
        Assert.Equal(0, await _database.CountAsync("messages.queue"));
    }

    [Fact]
    public async Task Publish_ManyInQuickSuccession_OthersAreNotifiedOfAllTogether()
    {
        const int Many = 100;
        var interval = TimeSpan.FromSeconds(2);
        await using var node = await MessagingHost.StartAsync(_database, o =>
        {
            o.Listeners.Clear();
            o.PublishMessage<Record>().ToPostgresqlQueue("two");
            o.Durability.NotifyInterval = interval;
        });
        await using var other = new NpgsqlConnection(_database.ConnectionString);
        await other.OpenAsync();
        var heard = new List<string>();
        other.Notification += (_, notification) => heard.Add(notification.Payload);
        await using (var listen = new NpgsqlCommand("listen messages", other))
        {
            await listen.ExecuteNonQueryAsync();
        }

        var began = Stopwatch.GetTimestamp();
        for (var index = 0; index < Many; index++)
        {
            await node.WithBusAsync(async bus => await bus.PublishAsync(new Record($"r{index}")));
        }

        Assert.True(heard.Count > 0 || await other.WaitAsync(Eventually.DefaultDeadline), "nobody was told");
        Assert.Equal("two", Assert.Single(heard.Distinct()));

        // One in each interval, however long the messages took.
        Assert.InRange(heard.Count, 1, Math.Max(Many / 4, (int)(Stopwatch.GetElapsedTime(began) / interval) + 1));
    }

    [Fact]
    public async Task Schedule_ByTimeOrDelay_WritesWhenItIsDue()
    {
        await using var node = await StartAsync();
        var at = new DateTimeOffset(2040, 1, 2, 3, 4, 5, TimeSpan.FromHours(2));
        await node.WithBusAsync(async bus =>
        {
            await bus.ScheduleAsync(new Record("at"), at);
            await bus.ScheduleAsync(new Record("in"), TimeSpan.FromDays(1));
            await bus.PublishAsync(new Record("now"));
        });
        Assert.Equal(at.ToUniversalTime(), await _database.ScalarAsync<DateTime>("select execute_at from messages.queue where convert_from(body, 'UTF8') like '%at%'"));
        Assert.Equal(1, await _database.ScalarAsync<long>("select count(*) from messages.queue where execute_at between now() + '23 hours' and now() + '24 hours'"));
        Assert.Equal(1, await _database.ScalarAsync<long>("select count(*) from messages.queue where execute_at is null"));
    }

    // Publishes only: nobody listens, so what is written stays to be looked at.
    private Task<MessagingHost> StartAsync() => MessagingHost.StartAsync(_database, o =>
    {
        o.Listeners.Clear();
        o.PublishMessage<Boom>().ToPostgresqlQueue("one");
        o.Publish(p => p.Message<Boom>().Message<Record>().ToPostgresqlQueue("two"));
    });
}
