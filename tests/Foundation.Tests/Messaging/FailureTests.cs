using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;
using Wolverine.ErrorHandling;
using Wolverine.Postgresql;

namespace ManagedOAuth.Foundation.Tests.Messaging;

public sealed class FailureTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Failure_ThatPasses_LeavesOneEffectOneMessageOneEvent()
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await node.PublishAsync(new Fail("f", 2));
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["f", "f/cascaded"]));
        Assert.Equal(3, node.Probe.Attempts("f"));
        Assert.Equal(1, await _database.CountAsync("app.mt_events"));
    }

    [Fact]
    public async Task Failure_ThatStays_EndsAsDeadLetterAndCanBeReplayed()
    {
        await using var node = await MessagingHost.StartAsync(_database, TwoQuickRetries);
        await node.PublishAsync(new Fail("f", 4));
        var letter = Assert.Single(await DeadLettersAsync(node, 1));
        Assert.Equal(("fail", "failed", typeof(InvalidDataException).FullName, "Attempt for f", 3), (letter.MessageType, letter.Reason, letter.ExceptionType, letter.ExceptionMessage, letter.Attempts));
        Assert.Equal((MessagingHost.Queue, "tests"), (letter.Receiver, letter.Source));
        Assert.Equal(0, await _database.CountAsync("messages.queue"));
        Assert.Empty(await _database.EffectsAsync());

        Assert.Equal(1, await node.DeadLetters.ReplayAsync(new DeadLetterFilter(Id: letter.Id)));
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["f", "f/cascaded"]));
        Assert.Equal(5, node.Probe.Attempts("f"));
        Assert.Equal(0, await _database.CountAsync("messages.dead_letter"));
    }

    [Fact]
    public async Task ReplayAndDiscard_InASession_HappenWithItsSaveAndNotWithoutIt()
    {
        await using var node = await MessagingHost.StartAsync(_database, TwoQuickRetries);
        await node.PublishAsync(new Fail("f", 3), new Fail("g", 99));
        var letters = await DeadLettersAsync(node, 2);
        await using var scope = node.Services.CreateAsyncScope();
        var (saved, forgotten) = (scope.ServiceProvider.GetRequiredService<IDocumentStore>().LightweightSession(), scope.ServiceProvider.GetRequiredService<IDocumentStore>().LightweightSession());
        await using var first = saved;
        await using var second = forgotten;
        node.DeadLetters.Discard(forgotten, letters);
        forgotten.EjectAllPendingChanges();
        await forgotten.SaveChangesAsync();
        Assert.Equal(2, (await DeadLettersAsync(node, 2)).Count);

        node.DeadLetters.Replay(saved, [.. letters.Where(letter => letter.ExceptionMessage == "Attempt for f")]);
        node.DeadLetters.Discard(saved, [.. letters.Where(letter => letter.ExceptionMessage == "Attempt for g")]);
        await saved.SaveChangesAsync();
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["f", "f/cascaded"]));
        Assert.Equal(3, node.Probe.Attempts("g"));
        Assert.Equal(0, await _database.CountAsync("messages.dead_letter"));
    }

    [Fact]
    public async Task Replay_FailsAgain_IsOneDeadLetterAgain()
    {
        await using var node = await MessagingHost.StartAsync(_database, TwoQuickRetries);
        await node.PublishAsync(new Fail("f", 99));
        var first = Assert.Single(await DeadLettersAsync(node, 1));
        await node.DeadLetters.ReplayAsync(DeadLetterFilter.All);
        await Eventually.Async(() => node.Probe.Attempts("f") == 6);
        var second = Assert.Single(await DeadLettersAsync(node, 1));
        Assert.Equal(first.Id, second.Id);
        Assert.True(second.DeadAt > first.DeadAt);
    }

    [Fact]
    public async Task DeadLetters_ListedInPagesAndDiscarded_AreGone()
    {
        await using var node = await MessagingHost.StartAsync(_database, o => o.OnException<NotSupportedException>().MoveToErrorQueue());
        await node.PublishAsync([.. Enumerable.Range(0, 5).Select(n => (object)new Boom($"b{n}"))]);
        await _database.InsertMessageAsync(Guid.NewGuid(), "nobody_knows", "{}");
        var all = await DeadLettersAsync(node, 6);
        var paged = new List<DeadLetter>();
        while (await node.DeadLetters.ListAsync(DeadLetterFilter.All, limit: 2, after: paged.LastOrDefault()?.Position) is { Count: > 0 } page)
        {
            paged.AddRange(page);
        }

        Assert.Equal(all, paged);
        Assert.Equal(5, await node.DeadLetters.DiscardAsync(new DeadLetterFilter(MessageType: "boom", Reason: "failed", Receiver: MessagingHost.Queue)));
        Assert.Equal("unknown_type", Assert.Single(await node.DeadLetters.ListAsync(DeadLetterFilter.All)).Reason);
    }

    [Fact]
    public async Task Failure_RuleSaysDiscard_MessageIsGone()
    {
        await using var node = await MessagingHost.StartAsync(_database, o => o.OnException<NotSupportedException>().RetryTimes(1).Then.Discard());
        await node.PublishAsync(new Boom("b"));
        await _database.QueueIsEmptyAsync();
        Assert.Equal(0, await _database.CountAsync("messages.dead_letter"));
        await Eventually.Async(() => node.Logs.Lines.Any(l => l.Contains("discarded", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("nobody_knows", """{"key":"k"}""", "unknown_type")]
    [InlineData("System.IO.FileInfo, System.Private.CoreLib", """{"fileName":"/etc/passwd"}""", "unknown_type")]
    [InlineData("record", """{"key":""", "unreadable")]
    [InlineData("record", "null", "unreadable")]
    [InlineData("record", "[1]", "unreadable")]
    [InlineData("record", "{}", "unreadable")]
    [InlineData("record", """{"key":null}""", "unreadable")]
    [InlineData("record", """{"key":"a","key":"b"}""", "unreadable")]
    [InlineData("record", "", "unreadable")]
    public async Task Message_ThatCannotBeRead_IsADeadLetterAtOnceAndTheQueueMovesOn(string type, string body, string reason)
    {
        await using var node = await MessagingHost.StartAsync(_database);
        await _database.InsertMessageAsync(Guid.NewGuid(), type, body);
        await node.PublishAsync(new Record("after"));
        Assert.Equal((reason, 1), Assert.Single(await DeadLettersAsync(node, 1)) is var letter ? (letter.Reason, letter.Attempts) : default);
        await Eventually.Async(async () => (await _database.EffectsAsync()).SequenceEqual(["after"]));
    }

    [Fact]
    public async Task Message_AboveTheLimit_IsADeadLetterWithItsBodyKept()
    {
        await using var node = await MessagingHost.StartAsync(_database, o => o.MaximumMessageBytes = 1000);
        await _database.InsertMessageAsync(Guid.NewGuid(), "record", $$"""{"key":"{{new string('x', 1000)}}"}""");
        Assert.Equal("too_large", Assert.Single(await DeadLettersAsync(node, 1)).Reason);
        Assert.Equal(1010, await _database.ScalarAsync<int>("select octet_length(body) from messages.dead_letter"));
    }

    [Fact]
    public async Task Poison_EveryTenth_DoesNotHoldUpTheOthers()
    {
        await using var node = await MessagingHost.StartAsync(_database, o => o.OnAnyException().ScheduleRetry(TimeSpan.FromHours(1)));
        await node.PublishAsync([.. Enumerable.Range(0, 300).Select(n => n % 10 == 0 ? (object)new Boom($"b{n}") : new Record($"k{n:000}"))]);
        await Eventually.Async(async () => await _database.CountAsync("effects") == 270);
        await Eventually.Async(async () => await _database.ScalarAsync<long>("select count(*) from messages.queue where owner_node is null and attempts = 1 and last_error like 'NotSupportedException%'") == 30);
    }

    [Fact]
    public async Task Handler_ThatTakesTooLong_FailsWithATimeout()
    {
        await using var node = await MessagingHost.StartAsync(_database, o =>
        {
            o.DefaultExecutionTimeout = TimeSpan.FromMilliseconds(100);
            o.OnException<TimeoutException>().MoveToErrorQueue();
        });
        await node.PublishAsync(new Wait("w"));
        Assert.Equal(typeof(TimeoutException).FullName, Assert.Single(await DeadLettersAsync(node, 1)).ExceptionType);
        Assert.Empty(await _database.EffectsAsync());
    }

    private static void TwoQuickRetries(WolverineOptions options)
        => options.OnException<InvalidDataException>().RetryWithCooldown(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(10)).Then.MoveToErrorQueue();

    private static Task<IReadOnlyList<DeadLetter>> DeadLettersAsync(MessagingHost node, int count)
        => Eventually.Async(async () => await node.DeadLetters.ListAsync(DeadLetterFilter.All) is { } all && all.Count == count ? all : null);
}
