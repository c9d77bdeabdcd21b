using ManagedOAuth.Testing;
using Marten;
using Marten.Exceptions;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;
using Wolverine.ErrorHandling;
using Wolverine.Marten;

namespace ManagedOAuth.Foundation.Tests.Messaging;

public sealed class HandlerExecutionTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task StartStream_Returned_StartsTheStream()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        var id = Guid.NewGuid();
        await node.WithBusAsync(bus => bus.InvokeAsync(new OpenCounter(id, 5)));
        Assert.Equal(5, (await AggregateAsync(node, id))!.Total);
        await Assert.ThrowsAsync<ExistingStreamIdCollisionException>(() => node.WithBusAsync(bus => bus.InvokeAsync(new OpenCounter(id, 6))));
    }

    [Fact]
    public async Task EventsAndMessages_Returned_AreAppendedAndPublished()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        var id = Guid.NewGuid();
        await node.WithBusAsync(bus => bus.InvokeAsync(new OpenCounter(id, 5)));
        await node.PublishAsync(new Increase(id, 2));
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual([$"{id}/7"]));
        Assert.Equal(7, (await AggregateAsync(node, id))!.Total);
    }

    [Fact]
    public async Task WriteModel_WithoutStream_IsHandledWithoutEffect()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await node.PublishAsync(new Increase(Guid.NewGuid(), 2));
        await _database.QueueIsEmptyAsync();
        Assert.Equal(1, await _database.CountAsync("messages.inbox"));
        Assert.Equal(0, await _database.CountAsync("messages.dead_letter"));
        Assert.Contains(node.Logs.Lines, l => l.Contains("there is no stream of Counter", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NullableWriteModel_WithoutStream_ReachesTheHandler()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        var id = Guid.NewGuid();
        await node.WithBusAsync(bus => bus.InvokeAsync(new IncreaseIfThere(id, 2)));
        Assert.Null(await AggregateAsync(node, id));
        await node.WithBusAsync(bus => bus.InvokeAsync(new OpenCounter(id, 1)));
        await node.WithBusAsync(bus => bus.InvokeAsync(new IncreaseIfThere(id, 2)));
        Assert.Equal(3, (await AggregateAsync(node, id))!.Total);
    }

    [Fact]
    public async Task WriteModel_UnderParallelWriters_LosesNothing()
    {
        await using var node = await MessagingHost.StartAsync(_database, o =>
        {
            // All on one stream: far more conflicts than a service ever sees.
            o.OnException<ConcurrencyException>().RetryWithCooldown([.. Enumerable.Range(0, 60).Select(_ => TimeSpan.FromMilliseconds(20))]);
        });
        var id = Guid.NewGuid();
        await node.WithBusAsync(bus => bus.InvokeAsync(new OpenCounter(id, 0)));
        await node.PublishAsync([.. Enumerable.Range(0, 30).Select(_ => (object)new Increase(id, 1))]);
        await _database.QueueIsEmptyAsync();
        var counter = await AggregateAsync(node, id);
        Assert.Equal((30, 31), (counter!.Total, counter.Version));
        Assert.Equal(30, (await _database.EffectsAsync()).Distinct().Count());
    }

    [Fact]
    public async Task Steps_LoadThenValidateThenHandle_PassValuesOn()
    {
        await using var node = await StartAsync(typeof(StepsHandler));
        var reply = await node.WithBusAsync(bus => bus.InvokeAsync<Answer>(new Question("q", Stop: false)));
        Assert.Equal("q loaded 2 by Probe", reply.Text);
    }

    [Fact]
    public async Task Validate_SaysStop_HandlerDoesNotRunAndMessageIsHandled()
    {
        await using var node = await StartAsync(typeof(StepsHandler));
        await node.PublishAsync(new Question("q", Stop: true));
        await Eventually.Async(async () => await _database.CountAsync("messages.inbox") == 1);
        Assert.Empty(node.Probe.Seen);
    }

    [Fact]
    public async Task Load_ReturnsNull_HandlerThatNeedsItDoesNotRun()
    {
        await using var node = await StartAsync(typeof(StepsHandler));
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => node.WithBusAsync(bus => bus.InvokeAsync<Answer>(new Question("missing", Stop: false))));
        Assert.Empty(node.Probe.Seen);
    }

    [Fact]
    public async Task Message_WithTwoHandlers_BothActInOneTransaction()
    {
        await using var node = await StartAsync(typeof(StepsHandler), typeof(AlsoHandler));
        await node.PublishAsync(new Question("q", Stop: false));
        await Eventually.Async(async () => (await _database.EffectsAsync()).Order().SequenceEqual(["also q", "q"]));
        Assert.Equal(1, await _database.CountAsync("messages.inbox"));
        Assert.Equal(1, await _database.ScalarAsync<long>("select count(distinct xmin::text) from effects"));
    }

    [Fact]
    public async Task Handler_ClearsAndSavesItsSession_MessageIsStillHandledOnce()
    {
        await using var node = await StartAsync(typeof(SelfSavingHandler));
        await node.PublishAsync(new SaveYourself("s"));
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["s", "s again"]));
        Assert.Equal(0, await _database.CountAsync("messages.queue"));
        Assert.Equal(1, await _database.CountAsync("messages.inbox"));
    }

    [Fact]
    public async Task Service_InjectedWithTheSession_WritesInTheHandlersTransaction()
    {
        await using var node = await MessagingHost.StartAsync(
            _database, o => o.Discovery.IncludeType(typeof(ThroughServiceHandler)), s => s.AddScoped<EffectWriter>());
        await node.PublishAsync(new ThroughService("t"));
        await Eventually.Async(async () => await _database.CountAsync("messages.dead_letter") == 0 && node.Probe.Attempts("t") >= 2);
        await _database.QueueIsEmptyAsync();
        Assert.Equal(["t", "t/cascaded"], (await _database.EffectsAsync()).Order());
    }

    [Fact]
    public async Task Invoke_WithoutHandler_Throws()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await Assert.ThrowsAsync<IndeterminateRoutesException>(() => node.WithBusAsync(bus => bus.InvokeAsync(new CounterOpened(1))));
    }

    [Fact]
    public async Task Invoke_HandlerFails_NothingIsSaved()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await Assert.ThrowsAsync<InvalidDataException>(() => node.WithBusAsync(bus => bus.InvokeAsync(new Fail("f", 99))));
        Assert.Empty(await _database.EffectsAsync());
        Assert.Equal(0, await _database.CountAsync("messages.queue"));
    }

    [Fact]
    public async Task Invoke_WithQuickRetriesForTheFailure_TriesAgain()
    {
        await using var node = await MessagingHost.StartAsync(
            _database, o => o.OnException<InvalidDataException>().RetryWithCooldown(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)));
        await node.WithBusAsync(bus => bus.InvokeAsync(new Fail("f", 2)));
        Assert.Equal(3, node.Probe.Attempts("f"));
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["f", "f/cascaded"]));
    }

    [Fact]
    public async Task Invoke_TakesTooLong_IsATimeout()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await Assert.ThrowsAsync<TimeoutException>(() => node.WithBusAsync(bus => bus.InvokeAsync(new Wait("w"), timeout: TimeSpan.FromMilliseconds(50))));
        Assert.Empty(await _database.EffectsAsync());
    }

    private Task<MessagingHost> StartAsync(params Type[] handlers) => MessagingHost.StartAsync(_database, o =>
    {
        foreach (var handler in handlers)
        {
            o.Discovery.IncludeType(handler);
        }
    });

    private static async Task<Counter?> AggregateAsync(MessagingHost node, Guid id)
    {
        await using var session = node.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return await session.Events.AggregateStreamAsync<Counter>(id);
    }

    public sealed record Question(string Text, bool Stop);

    public sealed record Answer(string Text);

    public sealed record Loaded(string Text);

    public sealed record SaveYourself(string Key);

    public sealed record ThroughService(string Key);

    public sealed class EffectWriter(IDocumentSession session, IMessageBus bus)
    {
        public async Task WriteAsync(string key)
        {
            Effects.Add(session, key);
            await bus.PublishAsync(new Record(key + "/cascaded"));
        }
    }

    private static class StepsHandler
    {
        public static async Task<(Loaded?, List<int>)> LoadAsync(Question question, CancellationToken ct)
        {
            await Task.Yield();
            ct.ThrowIfCancellationRequested();
            return (question.Text == "missing" ? null : new Loaded(question.Text + " loaded"), [1, 2]);
        }

        public static HandlerContinuation Validate(Question question, List<int> numbers)
            => question.Stop || numbers.Count == 0 ? HandlerContinuation.Stop : HandlerContinuation.Continue;

        public static async ValueTask<Answer> HandleAsync(Question question, Loaded loaded, List<int> numbers, Probe probe, IDocumentSession session)
        {
            await Task.Yield();
            probe.Seen.Enqueue(question.Text);
            Effects.Add(session, question.Text);
            return new Answer($"{loaded.Text} {numbers.Count} by {probe.GetType().Name}");
        }
    }

    private static class AlsoHandler
    {
        public static void Handle(Question question, IDocumentSession session) => Effects.Add(session, "also " + question.Text);
    }

    private static class SelfSavingHandler
    {
        public static async Task Handle(SaveYourself message, IDocumentSession session, CancellationToken ct)
        {
            Effects.Add(session, "dropped");
            session.EjectAllPendingChanges();
            Effects.Add(session, message.Key);
            await session.SaveChangesAsync(ct);
            Effects.Add(session, message.Key + " again");
        }
    }

    private static class ThroughServiceHandler
    {
        public static async Task Handle(ThroughService message, EffectWriter writer, Probe probe)
        {
            await writer.WriteAsync(message.Key);
            if (probe.Attempt(message.Key) == 1)
            {
                throw new InvalidDataException("The first attempt fails.");
            }
        }
    }
}
