namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>The end of a session with a server. Its token is asked for at any time, also while the source goes.</summary>
internal sealed class SessionEnd : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public SessionEnd() => Token = _source.Token;

    /// <summary>Cancelled when nobody uses the session any more.</summary>
    public CancellationToken Token { get; }

    public void Dispose()
    {
        _source.Cancel();
        _source.Dispose();
    }
}
