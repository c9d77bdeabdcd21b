using ManagedOAuth.Testing;
using Wolverine;
using Wolverine.Postgresql;

namespace ManagedOAuth.Foundation.Tests.Messaging;

public sealed class NodeTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task TwoNodes_OneQueue_ShareTheWork()
    {
        await using var one = await MessagingHost.StartAsync(_database, OneAtATime);
        await using var two = await MessagingHost.StartAsync(_database, OneAtATime);
        await one.PublishAsync(new Wait("a"), new Wait("b"));
        await Task.WhenAll(one.Probe.Entered.Task, two.Probe.Entered.Task).WaitAsync(Eventually.DefaultDeadline);
        one.Probe.Gate.SetResult();
        two.Probe.Gate.SetResult();
        await _database.QueueIsEmptyAsync();
        Assert.Equal(["a", "b"], (await _database.EffectsAsync()).Order());
    }

    [Fact]
    public async Task TwoNodes_ManyMessages_EachHasOneEffect()
    {
        await using var one = await MessagingHost.StartAsync(_database);
        await using var two = await MessagingHost.StartAsync(_database);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(c => (c % 2 == 0 ? one : two).PublishAsync(
            [.. Enumerable.Range(0, 25).Select(n => new Relay($"{c}-{n}", 2))])));
        await _database.QueueIsEmptyAsync();
        var effects = await _database.EffectsAsync();
        Assert.Equal(1500, effects.Count);
        Assert.Equal(1500, effects.Distinct().Count());
    }

    [Fact]
    public async Task DeadNode_ItsMessages_ReturnToTheQueue()
    {
        await using var node = await MessagingHost.StartAsync(_database, NodeProgram.QuickRecovery);
        var dead = Guid.NewGuid();
        await _database.ExecuteAsync("insert into messages.node (id, service, description, heartbeat_at) values ($1, 'dead', '', now() - interval '1 hour')", dead);
        await InsertOwnedAsync(dead, "held by the dead");
        await InsertOwnedAsync(Guid.NewGuid(), "held by nobody known");
        await Eventually.Async(async () => await _database.CountAsync("effects") == 2);
        Assert.Equal(1, await _database.CountAsync("messages.node"));
    }

    [Fact]
    public async Task Message_ThatNodesKeepDyingOf_IsADeadLetter()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await _database.ExecuteAsync(
            "insert into messages.queue (id, receiver, message_type, body, recoveries) values (gen_random_uuid(), 'test', 'record', '{}', 11)");
        await Eventually.Async(async () => (await _database.TextsAsync("select reason from messages.dead_letter")).SequenceEqual(["nodes_died"]));
        Assert.Empty(node.Probe.Seen);
    }

    [Fact]
    public async Task Node_TakenForDeadWhileHandling_CannotCommit()
    {
        // The first node holds one message, and takes no second one.
        await using var slow = await MessagingHost.StartAsync(_database, o => { NodeProgram.QuickRecovery(o); OneAtATime(o); });
        await slow.PublishAsync(new Wait("w"));
        await slow.Probe.Entered.Task.WaitAsync(Eventually.DefaultDeadline);
        await using var other = await MessagingHost.StartAsync(_database, NodeProgram.QuickRecovery);
        other.Probe.Gate.SetResult();
        await _database.ExecuteAsync("delete from messages.node where id in (select owner_node from messages.queue)");
        await Eventually.Async(async () => await _database.CountAsync("effects") == 1);

        // Not even when the other's mark in the inbox is long gone.
        await _database.ExecuteAsync("delete from messages.inbox");
        slow.Probe.Gate.SetResult();
        await Eventually.Async(() => slow.Logs.Lines.Any(l => l.Contains("taken over by another node", StringComparison.Ordinal)));
        Assert.Equal(["w"], await _database.EffectsAsync());

        // It goes on under a new id.
        await slow.PublishAsync(new Record("after"));
        await Eventually.Async(async () => await _database.CountAsync("effects") == 2 && await _database.CountAsync("messages.node") == 2);
    }

    [Fact]
    public async Task Claim_MovedToAnotherNodeWhileHandling_CannotBeCommitted()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await node.PublishAsync(new Wait("w"));
        await node.Probe.Entered.Task.WaitAsync(Eventually.DefaultDeadline);
        await _database.ExecuteAsync("insert into messages.node (id, service, description) values ('00000000-0000-0000-0000-000000000001', 'other', '')");
        await _database.ExecuteAsync("update messages.queue set owner_node = '00000000-0000-0000-0000-000000000001'");
        node.Probe.Gate.SetResult();
        await Eventually.Async(() => node.Logs.Lines.Any(l => l.Contains("taken over by another node", StringComparison.Ordinal)));
        Assert.Empty(await _database.EffectsAsync());
        Assert.Equal(1, await _database.CountAsync("messages.queue"));
    }

    [Fact]
    public async Task Claim_WhoseAnswerWasLost_IsGivenBack()
    {
        await using var node = await MessagingHost.StartAsync(_database, NodeProgram.QuickRecovery);
        await InsertOwnedAsync(await _database.ScalarAsync<Guid>("select id from messages.node"), "k");
        await Eventually.Async(async () => await _database.CountAsync("effects") == 1);
    }

    [Fact]
    public async Task Stop_WhileHandling_LetsTheHandlerFinishAndClaimsNoMore()
    {
        await using var node = await MessagingHost.StartAsync(_database, o => { o.ListenToPostgresqlQueue(MessagingHost.Queue).MaximumParallelMessages(1); });
        await node.PublishAsync(new Wait("running"), new Record("waiting"));
        await node.Probe.Entered.Task.WaitAsync(Eventually.DefaultDeadline);
        var stop = node.StopAsync();
        await _database.InsertMessageAsync(Guid.NewGuid(), "record", """{"key":"late"}""");
        node.Probe.Gate.SetResult();
        await stop;
        Assert.Equal(["running"], await _database.EffectsAsync());
        Assert.Equal(2, await _database.ScalarAsync<long>("select count(*) from messages.queue where owner_node is null and attempts = 0 and recoveries = 0"));
        Assert.Equal(0, await _database.CountAsync("messages.node"));
    }

    [Fact]
    public async Task Stop_HandlerOutlivesTheDrain_ItsMessageIsReleasedWithoutEffect()
    {
        await using var node = await MessagingHost.StartAsync(_database, o => o.Durability.DrainTimeout = TimeSpan.FromMilliseconds(50));
        await node.PublishAsync(new Wait("w"));
        await node.Probe.Entered.Task.WaitAsync(Eventually.DefaultDeadline);
        await node.StopAsync();
        Assert.Equal(1, await _database.ScalarAsync<long>("select count(*) from messages.queue where owner_node is null and attempts = 0"));
        Assert.Empty(await _database.EffectsAsync());
    }

    [Fact]
    public async Task Inbox_OldRows_AreForgotten()
    {
        await using var node = await MessagingHost.StartAsync(_database, o => o.Durability.HousekeepingInterval = TimeSpan.FromMilliseconds(50));
        await _database.ExecuteAsync("insert into messages.inbox (id, receiver, handled_at) select gen_random_uuid(), 'test', now() - interval '11 minutes' from generate_series(1, 12000)");
        await _database.ExecuteAsync("insert into messages.inbox (id, receiver, handled_at) select gen_random_uuid(), 'test', now() - interval '9 minutes' from generate_series(1, 10)");
        await Eventually.Async(async () => await _database.CountAsync("messages.inbox") == 10);
    }

    private static void OneAtATime(WolverineOptions options)
        => options.ListenToPostgresqlQueue(MessagingHost.Queue).MaximumParallelMessages(1).MaximumMessagesToReceive(1);

    private Task<int> InsertOwnedAsync(Guid owner, string key) => _database.ExecuteAsync(
        "insert into messages.queue (id, receiver, message_type, body, owner_node, claimed_at) values (gen_random_uuid(), 'test', 'record', convert_to(json_build_object('key', $2)::text, 'UTF8'), $1, now())",
        owner, key);
}
