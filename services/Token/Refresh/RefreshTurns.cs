namespace ManagedOAuth.Token.Refresh;

/// <summary>
/// Lets the refreshes of one grant (or other changes) pass one after the other inside this replica: fifty at once would only overtake each other. The
/// stream's version decides correctness; this only saves work. Grants share a fixed number of turns.
/// </summary>
public sealed class RefreshTurns : IDisposable
{
    private const int Count = 256;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(8);
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Count).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Waits for the grant's turn; disposing what is returned ends it.</summary>
    /// <exception cref="TimeoutException">Too many wait already: an overload, answered 503.</exception>
    public async Task<IDisposable> TakeAsync(Guid grantId, CancellationToken cancellation)
    {
        var turn = _turns[(uint)grantId.GetHashCode() % Count];
        return await turn.WaitAsync(s_longestWait, cancellation) ? new Turn(turn) : throw new TimeoutException("Too many changes of one grant wait.");
    }

    public void Dispose() => Array.ForEach(_turns, turn => turn.Dispose());

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        private SemaphoreSlim? _turn = turn;

        public void Dispose() => Interlocked.Exchange(ref _turn, null)?.Release();
    }
}
