using System.Diagnostics;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;
using Wolverine.ErrorHandling;
using Wolverine.Marten;
using Wolverine.Postgresql;

namespace ManagedOAuth.Foundation.Tests.Messaging;

public sealed class DeliveryTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Message_DeliveredAgainAfterHandling_HasNoFurtherEffect()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        var id = Guid.NewGuid();
        for (var delivery = 1; delivery <= 3; delivery++)
        {
            await _database.InsertMessageAsync(id, "record", """{"key":"k"}""");
            await _database.QueueIsEmptyAsync();
        }

        Assert.Equal(["k"], await _database.EffectsAsync());
        Assert.Single(node.Probe.Seen);
    }

    [Fact]
    public async Task Message_ForTwoQueues_IsHandledOncePerQueue()
    {
        await using var node = await MessagingHost.StartAsync(_database, o =>
        {
            o.ListenToPostgresqlQueue("second");
            o.PublishMessage<Record>().ToPostgresqlQueue(MessagingHost.Queue).ToPostgresqlQueue("second");
        });
        await node.PublishAsync(new Record("k"));
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["k", "k"]));
        Assert.Equal(2, await _database.CountAsync("messages.inbox"));
    }

    [Fact]
    public async Task Message_ThatFailsOnce_IsOvertakenByLaterOnes()
    {
        await using var node = await MessagingHost.StartAsync(_database, o => o.OnException<InvalidDataException>().RetryWithCooldown(TimeSpan.FromHours(1)));
        await node.PublishAsync(new Fail("first", 1), new Record("second"));
        await Eventually.Async(async () => await _database.CountAsync("effects") == 1
            && await _database.ExecuteAsync("update messages.queue set execute_at = now() where execute_at is not null") == 1);
        await Eventually.Async(async () => await _database.CountAsync("effects") == 3);
        var effects = await _database.EffectsAsync();
        Assert.True(effects.IndexOf("second") < effects.IndexOf("first"), string.Join(", ", effects));
    }

    [Fact]
    public async Task Messages_PublishedInAnyOrder_AllArrive()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        var keys = Enumerable.Range(0, 500).Select(n => $"k{n:000}").ToArray();
        await Task.WhenAll(keys.Reverse().Chunk(50).Select(part => node.PublishAsync([.. part.Select(k => new Record(k))])));
        await _database.QueueIsEmptyAsync();
        Assert.Equal(keys, (await _database.EffectsAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task NamedMessage_IsStoredAndFoundByItsAlias()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await node.PublishAsync(new NamedByAttribute("published"));
        await _database.InsertMessageAsync(Guid.NewGuid(), "renamed", """{"key":"inserted"}""");
        await Eventually.Async(async () => (await _database.EffectsAsync()).Order().SequenceEqual(["inserted", "published"]));
    }

    [Fact]
    public async Task Notifications_Missing_PollingAloneDelivers()
    {
        await using var publisher = await MessagingHost.StartAsync(_database, o => PublishOnly(o).Durability.UseNotify = false);
        await using var receiver = await MessagingHost.StartAsync(_database, o => o.Durability.UseNotify = false);
        await publisher.PublishAsync(new Record("k"));
        await Eventually.Async(async () => await _database.CountAsync("effects") == 1);
    }

    [Fact]
    public async Task Notifications_Working_DeliverWithoutPolling()
    {
        await using var publisher = await MessagingHost.StartAsync(_database, o => PublishOnly(o));
        await using var receiver = await MessagingHost.StartAsync(_database, o => o.Durability.PollingInterval = TimeSpan.FromHours(1));
        for (var n = 1; n <= 5; n++)
        {
            await publisher.PublishAsync(new Record("k"));
            await Eventually.Async(async () => await _database.CountAsync("effects") == n);
        }
    }

    [Fact]
    public async Task Notifications_ConnectionLost_WhatCameMeanwhileIsFound()
    {
        await using var publisher = await MessagingHost.StartAsync(_database, o => PublishOnly(o).Durability.UseNotify = false);
        await using var receiver = await MessagingHost.StartAsync(_database, o => o.Durability.PollingInterval = TimeSpan.FromHours(1));
        await Eventually.Async(async () => await _database.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and query like 'listen%'") == 1);
        await _database.InsertMessageAsync(Guid.NewGuid(), "record", """{"key":"k"}""");
        await _database.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'");
        await Eventually.Async(async () => await _database.CountAsync("effects") == 1);
    }

    [Fact]
    public async Task Scheduled_NotYetDue_WaitsForTheClock()
    {
        var clock = new TestClock(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var node = await MessagingHost.StartAsync(_database, services: s => s.AddSingleton<TimeProvider>(clock));
        await node.WithBusAsync(async bus =>
        {
            await bus.ScheduleAsync(new Record("later"), TimeSpan.FromDays(300));
            await bus.ScheduleAsync(new Record("sooner"), clock.GetUtcNow().AddHours(1));
            await bus.PublishAsync(new Record("now"));
        });
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["now"]));
        clock.Advance(TimeSpan.FromHours(2));
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["now", "sooner"]));
        clock.Advance(TimeSpan.FromDays(300));
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["now", "sooner", "later"]));
    }

    [Fact]
    public async Task Retry_UnderAClockThatStands_IsStillMade()
    {
        var clock = new TestClock(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var node = await MessagingHost.StartAsync(_database, services: s => s.AddSingleton<TimeProvider>(clock));
        await node.PublishAsync(new Fail("f", 1));
        await Eventually.Async(async () => await _database.CountAsync("effects") == 2);
    }

    [Fact]
    public async Task Scheduled_CascadedByAHandler_IsDelivered()
    {
        await using var node = await MessagingHost.StartAsync(_database, o => o.Discovery.IncludeType(typeof(SchedulingHandler)));
        await node.PublishAsync(new StartTimers("k"));
        await Eventually.Async(async () => (await _database.EffectsAsync()).Order().SequenceEqual(["k/at", "k/delay"]));
    }

    [Fact]
    public async Task Trace_OfThePublisher_ContinuesInTheHandler()
    {
        using var source = new ActivitySource("test.publisher");
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name is "test.publisher" or "ManagedOAuth.Messaging",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        await using var node = await MessagingHost.StartAsync(_database);
        ActivityContext published;
        using (var activity = source.StartActivity("request")!)
        {
            published = activity.Context;
            await node.PublishAsync(new Record("traced"));
        }

        await Eventually.Async(() => !node.Probe.Activities.IsEmpty);
        var handled = Assert.Single(node.Probe.Activities)!;
        Assert.Equal((published.TraceId, published.SpanId, ActivityKind.Consumer), (handled.TraceId, handled.ParentSpanId, handled.Kind));
        Assert.DoesNotContain(handled.TagObjects, t => t.Value?.ToString()?.Contains("traced", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Actor_OfThePublisher_StandsOnTheHandlersEvents()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        var id = Guid.NewGuid();
        await using (var scope = node.Services.CreateAsyncScope())
        {
            var session = scope.ServiceProvider.GetRequiredService<IDocumentSession>();
            session.LastModifiedBy = "alice";
            session.CorrelationId = "request-7";
            var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
            outbox.Enroll(session);
            await outbox.PublishAsync(new OpenCounter(id, 1));
            await session.SaveChangesAsync();
        }

        await _database.QueueIsEmptyAsync();
        await using var query = node.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var opened = Assert.Single(await query.Events.FetchStreamAsync(id));
        var message = await _database.ScalarAsync<Guid>("select id from messages.inbox");
        Assert.Equal(("alice", "request-7", message.ToString()), (opened.UserName, opened.CorrelationId, opened.CausationId));
    }

    [Fact]
    public async Task Body_OfHandledAndFailedMessages_IsInNoLog()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await node.PublishAsync(new Record("canary-1"));
        await _database.InsertMessageAsync(Guid.NewGuid(), "record", """{"key":"canary-2", broken""");
        await _database.InsertMessageAsync(Guid.NewGuid(), "nobody_knows", """{"key":"canary-3"}""");
        await _database.QueueIsEmptyAsync();
        await Eventually.Async(() => node.Logs.Lines.Count(l => l.Contains("is a dead letter", StringComparison.Ordinal)) == 2);
        Assert.DoesNotContain(node.Logs.Lines, l => l.Contains("canary", StringComparison.Ordinal));
    }

    private static WolverineOptions PublishOnly(WolverineOptions options)
    {
        options.Listeners.Clear();
        options.PublishMessage<Record>().ToPostgresqlQueue(MessagingHost.Queue);
        return options;
    }

    public sealed record StartTimers(string Key);

    private static class SchedulingHandler
    {
        public static OutgoingMessages Handle(StartTimers message, TimeProvider clock) => new OutgoingMessages()
            .Schedule(new Record(message.Key + "/at"), clock.GetUtcNow().AddMilliseconds(100))
            .Delay(new Record(message.Key + "/delay"), TimeSpan.FromMilliseconds(100));
    }
}
