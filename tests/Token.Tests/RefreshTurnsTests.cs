using ManagedOAuth.Token.Refresh;

namespace ManagedOAuth.Token.Tests;

public sealed class RefreshTurnsTests
{
    private readonly RefreshTurns _turns = new();

    [Fact]
    public async Task ChangesOfOneGrant_PassOneAfterTheOther_AndLeaveNothingBehind()
    {
        var grant = Guid.NewGuid();
        var first = await _turns.TakeAsync(grant, default);
        var second = _turns.TakeAsync(grant, default);
        Assert.False(second.IsCompleted);
        first.Dispose();
        first.Dispose();
        (await second).Dispose();
        Assert.Equal(0, _turns.Count);
    }

    [Fact]
    public async Task Grants_AreNotKeptByOthers()
    {
        var held = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => _turns.TakeAsync(Guid.NewGuid(), default)));
        var other = _turns.TakeAsync(Guid.NewGuid(), default);
        Assert.True(other.IsCompletedSuccessfully);
        Assert.All([.. held, await other], static turn => turn.Dispose());
        Assert.Equal(0, _turns.Count);
    }

    [Fact]
    public async Task Waiting_GivenUp_LeavesTheQueue()
    {
        var grant = Guid.NewGuid();
        using var givenUp = new CancellationTokenSource();
        var turn = await _turns.TakeAsync(grant, default);
        var waiting = _turns.TakeAsync(grant, givenUp.Token);
        await givenUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        turn.Dispose();
        Assert.Equal(0, _turns.Count);
    }
}
