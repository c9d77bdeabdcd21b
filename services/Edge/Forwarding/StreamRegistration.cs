using ManagedOAuth.Edge.OpenStreams;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>Registers one forwarding as an open stream, at most once and only when it turns out to last.</summary>
internal sealed class StreamRegistration(Func<ActivityTimeout, OpenStream>? open, ActivityTimeout activity) : IDisposable
{
    private OpenStream? _stream;

    public bool IsEnded => activity.AccessEnded;

    public void Open() => _stream ??= open?.Invoke(activity);

    public void Dispose() => _stream?.Dispose();
}
