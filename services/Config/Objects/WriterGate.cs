namespace ManagedOAuth.Config.Objects;

/// <summary>
/// Lets the writers of this process through one at a time, so that only one connection of the pool waits for the lock in the database and
/// the rest stay free for readers.
/// </summary>
public sealed class WriterGate(TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Waits for the turn; dispose the result to end it.</summary>
    /// <exception cref="TimeoutException">It did not come within 20 seconds.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(s_patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            await _turn.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException("Too many changes of the configuration at once.");
        }

        return new Turn(_turn);
    }

    public void Dispose() => _turn.Dispose();

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        private SemaphoreSlim? _turn = turn;

        public void Dispose() => Interlocked.Exchange(ref _turn, null)?.Release();
    }
}
