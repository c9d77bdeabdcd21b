using System.Collections.Concurrent;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>How long a server may still be silent, for each call of a session that is under way.</summary>
internal sealed class Silences
{
    private readonly ConcurrentDictionary<CancellationTokenSource, TimeSpan> _underWay = new();

    /// <summary>A call begins, whose source cancels it when its server was silent for so long.</summary>
    public void Add(CancellationTokenSource silence, TimeSpan patience) => _underWay[silence] = patience;

    /// <summary>The call is over.</summary>
    public void Remove(CancellationTokenSource silence) => _underWay.TryRemove(silence, out _);

    /// <summary>From now on the server may be silent for so long in every one of them, or for as long as it may be anyway if that is more.</summary>
    public void Extend(TimeSpan patience)
    {
        foreach (var (silence, usual) in _underWay)
        {
            try
            {
                silence.CancelAfter(patience > usual ? patience : usual);
            }
            catch (ObjectDisposedException)
            {
                // It was answered at this very moment.
            }
        }
    }
}
