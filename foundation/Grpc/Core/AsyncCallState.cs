namespace Grpc.Core;

/// <summary>What the four call types share: the running call and how to ask it. Static functions over one state object save four closures per call.</summary>
internal readonly struct AsyncCallState(
    object? state,
    Func<object?, Task<Metadata>> headers,
    Func<object?, Status> status,
    Func<object?, Metadata> trailers,
    Action<object?> dispose)
{
    internal AsyncCallState(Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose)
        : this(null, _ => headers, _ => status(), _ => trailers(), _ => dispose())
    {
    }

    internal Task<Metadata> Headers => headers(state);

    internal Status GetStatus() => status(state);

    internal Metadata GetTrailers() => trailers(state);

    internal void Dispose() => dispose(state);
}
