using System.Diagnostics;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Foundation.Tests.Messaging;

/// <summary>The promise of the whole: whatever dies at whatever moment, each effect is there once in the end.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private const int Rounds = 10;
    private const int ChainsPerRound = 20;
    private const int Steps = 20;

    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Process_KilledAtRandomMoments_EachEffectHappensOnce()
    {
        await using var publisher = await StartPublisherAsync();
        var held = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            await PublishChainsAsync(publisher, round);
            var before = await _database.CountAsync("effects");
            using var process = StartNode();
            try
            {
                await Eventually.Async(async () => await _database.CountAsync("effects") > before);
                await Task.Delay(Random.Shared.Next(60)); // The moment of death: any.
            }
            finally
            {
                process.Kill();
                await process.WaitForExitAsync();
            }

            held += await _database.ScalarAsync<long>("select count(*) from messages.queue where owner_node is not null");
        }

        // Otherwise this test would prove nothing.
        Assert.True(held > 0, "No kill hit a node that held messages.");
        await using var last = await MessagingHost.StartAsync(_database, NodeProgram.QuickRecovery);
        await AssertEachOnceAsync();
    }

    [Fact]
    public async Task Connections_KilledAtRandomMoments_EachEffectHappensOnce()
    {
        await using (var publisher = await StartPublisherAsync())
        {
            for (var round = 0; round < Rounds; round++)
            {
                await PublishChainsAsync(publisher, round);
            }
        }

        await using var node = await MessagingHost.StartAsync(_database, NodeProgram.QuickRecovery);
        for (var round = 0; round < Rounds; round++)
        {
            var before = await _database.CountAsync("effects");
            await Eventually.Async(async () => await _database.CountAsync("effects") > before || await _database.ScalarAsync<long>("select count(*) from messages.queue") == 0);
            await Task.Delay(Random.Shared.Next(50)); // The moment of the cut: any.
            await _database.TerminateBackendsAsync();
        }

        await AssertEachOnceAsync();
    }

    private Task<MessagingHost> StartPublisherAsync() => MessagingHost.StartAsync(_database, o =>
    {
        o.Listeners.Clear();
        o.PublishMessage<Relay>().ToPostgresqlQueue(MessagingHost.Queue);
    });

    private static Task PublishChainsAsync(MessagingHost publisher, int round)
        => publisher.PublishAsync([.. Enumerable.Range(0, ChainsPerRound).Select(n => new Relay($"{round}-{n}", Steps))]);

    private async Task AssertEachOnceAsync()
    {
        await Eventually.Async(async () => await _database.CountAsync("messages.queue") == 0, TimeSpan.FromMinutes(2));
        Assert.Equal(0, await _database.CountAsync("messages.dead_letter"));
        const long Expected = Rounds * ChainsPerRound * (Steps + 1);
        Assert.Equal(Expected, await _database.ScalarAsync<long>("select count(distinct key) from effects"));
        Assert.Equal(Expected, await _database.CountAsync("effects"));
    }

    private Process StartNode()
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false };
        start.ArgumentList.Add(typeof(CrashTests).Assembly.Location);
        start.ArgumentList.Add("messaging-node");
        start.Environment[NodeProgram.ConnectionVariable] = _database.ConnectionString;
        return Process.Start(start)!;
    }
}
