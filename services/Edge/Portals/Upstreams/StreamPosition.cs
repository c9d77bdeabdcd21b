using System.Net.ServerSentEvents;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// How far an event stream of a server was read. A server may end a stream before everything is said, and go on where it is taken up (2025-11-25, SEP-1699);
/// a stream that breaks is taken up in the same way.
/// </summary>
internal sealed class StreamPosition
{
    private const int LongestId = 1024;
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);
    private string _lastEventId = "";

    /// <summary>How long the server wants to be left alone before the stream is taken up.</summary>
    public TimeSpan Pause { get; private set; } = TimeSpan.FromSeconds(1);

    /// <summary>The server has numbered what it said.</summary>
    public bool CanBeTakenUp => _lastEventId.Length > 0;

    /// <summary>Notes what the stream has said of itself so far.</summary>
    public void Note(SseParser<byte[]> events)
    {
        // What is no plain header value cannot be sent back.
        if (events.LastEventId is { Length: > 0 and <= LongestId } id && id.All(letter => letter is >= ' ' and <= '~'))
        {
            _lastEventId = id;
        }

        if (events.ReconnectionInterval is var pause && pause != Timeout.InfiniteTimeSpan)
        {
            Pause = pause < s_shortest ? s_shortest : pause > s_longest ? s_longest : pause;
        }
    }

    /// <summary>Asks for what comes after the position, where there is one.</summary>
    public void AddTo(HttpRequestMessage get)
    {
        if (CanBeTakenUp)
        {
            get.Headers.TryAddWithoutValidation(McpHeaders.LastEventId, _lastEventId);
        }
    }

    /// <summary>The server does not know the position.</summary>
    public void Forget() => _lastEventId = "";
}
