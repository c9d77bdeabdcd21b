using Marten.Events.Daemon;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class HighWaterMarkTests
{
    private readonly HighWaterMark _mark = new();

    [Fact]
    public void NoWriter_MarkIsLastValue()
    {
        _mark.Observe(17, [], [3, 9]);
        Assert.Equal((17L, false), (_mark.Value, _mark.IsPending));
    }

    [Fact]
    public void NumbersWithoutGap_AreSafeWhileOthersWrite()
    {
        _mark.Observe(5, ["1/1"], [1, 2, 3, 5]);
        Assert.Equal((3L, true), (_mark.Value, _mark.IsPending));
    }

    [Fact]
    public void Gap_HoldsUntilItsPossibleOwnersEnd_ThoughNewWritersKeepComing()
    {
        _mark.Observe(5, ["1/1", "2/7"], [2, 3, 5]);
        Assert.Equal(0, _mark.Value);
        _mark.Observe(9, ["2/7", "3/1"], [2, 3, 5, 6]);
        Assert.Equal(0, _mark.Value);
        // Both are gone; 1 and 4 will never come. What 4/1 does with 6 and above is open, but 6 is visible and follows.
        _mark.Observe(9, ["3/1", "4/1"], [2, 3, 5, 6, 8]);
        Assert.Equal((6L, true), (_mark.Value, _mark.IsPending));
        _mark.Observe(9, [], []);
        Assert.Equal((9L, false), (_mark.Value, _mark.IsPending));
    }

    [Fact]
    public void LateCommit_BelowOthers_IsNotPassed()
    {
        // 1 is slow, 2 is committed.
        _mark.Observe(2, ["1/1"], [2]);
        Assert.Equal(0, _mark.Value);
        _mark.Observe(2, [], [1, 2]);
        Assert.Equal(2, _mark.Value);
    }

    [Fact]
    public void MarkThatPassedTheCeiling_WaitsForNewerOwnersOnly()
    {
        _mark.Observe(2, ["1/1"], []);
        // 1 and 2 appeared; 1/1 still runs but owns nothing more. 3 is 2/1's to decide, or 1/1's.
        _mark.Observe(4, ["1/1", "2/1"], [1, 2, 4]);
        Assert.Equal(2, _mark.Value);
        _mark.Observe(4, [], [4]);
        Assert.Equal(4, _mark.Value);
    }

    [Fact]
    public void Floor_RaisesButNeverLowers()
    {
        _mark.Raise(10);
        _mark.Raise(4);
        _mark.Observe(12, ["1/1"], [11]);
        Assert.Equal(11, _mark.Value);
    }

    [Fact]
    public async Task Sequence_LockIsHeldFromNextvalToTheEndOfTheTransaction()
    {
        // The proof stands on this behaviour of PostgreSQL, also across a rolled-back savepoint.
        await using var test = await CreateAsync();
        await using var writer = await test.ConnectAsync();
        await using var transaction = await writer.BeginTransactionAsync();
        Assert.Empty(await HoldersAsync());
        await SqlAsync(writer, "savepoint s");
        await SqlAsync(writer, "select nextval('grants.mt_events_sequence')");
        await SqlAsync(writer, "rollback to savepoint s");
        Assert.Single(await HoldersAsync());
        await transaction.RollbackAsync();
        Assert.Empty(await HoldersAsync());

        Task<List<object?[]>> HoldersAsync() => test.SqlAsync(
            "select virtualtransaction from pg_locks where locktype = 'relation' and relation = 'grants.mt_events_sequence'::regclass and mode = 'RowExclusiveLock' and granted");
    }
}
