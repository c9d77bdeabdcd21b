using System.Collections.Concurrent;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// The requests that are being answered: cancelled by their client, or when the configuration no longer admits them.
/// </summary>
internal sealed partial class InFlightRequests(ILogger<InFlightRequests> logger)
{
    private readonly ConcurrentDictionary<(string Owner, string Id), Entry> _entries = new();

    public int Count => _entries.Count;

    /// <summary>Adds a request. Null: the session has one with this id already.</summary>
    /// <param name="owner">The client's session, or something unique for a client without one.</param>
    /// <param name="id">The request's id as JSON.</param>
    /// <param name="isAllowed">Whether the configuration of now still admits it.</param>
    /// <param name="linked">What else ends it.</param>
    public Entry? Add(string owner, string id, Func<bool> isAllowed, CancellationToken linked)
    {
        var entry = new Entry(this, (owner, id), isAllowed, linked);
        if (_entries.TryAdd((owner, id), entry))
        {
            return entry;
        }

        entry.Dispose();
        return null;
    }

    /// <summary>The client no longer wants an answer. False: it is not being answered here; it is over, or another replica's.</summary>
    public bool Cancel(string owner, string id)
    {
        if (!_entries.TryGetValue((owner, id), out var entry))
        {
            return false;
        }

        entry.Cancel();
        return true;
    }

    /// <summary>Ends everything that the configuration of now no longer admits.</summary>
    public void Sweep()
    {
        foreach (var (_, entry) in _entries)
        {
            try
            {
                entry.Check();
            }
            catch (Exception failure)
            {
                // Protects all others. Of this one it cannot be said that it is still admitted.
                Log.NotChecked(logger, failure);
                entry.Deny();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Whether a portal's request is still admitted could not be told; it was ended.", EventName = "PortalRequestNotChecked")]
        public static partial void NotChecked(ILogger logger, Exception failure);
    }

    /// <summary>One request.</summary>
    internal sealed class Entry : IDisposable
    {
        private readonly InFlightRequests _all;
        private readonly (string, string) _key;
        private readonly Func<bool> _isAllowed;
        private readonly CancellationTokenSource _cancellation;

        internal Entry(InFlightRequests all, (string Owner, string Id) key, Func<bool> isAllowed, CancellationToken linked)
        {
            (_all, _key, _isAllowed) = (all, key, isAllowed);
            _cancellation = CancellationTokenSource.CreateLinkedTokenSource(linked);
            Token = _cancellation.Token;
        }

        public CancellationToken Token { get; }

        /// <summary>It was ended because of the configuration.</summary>
        public bool IsDenied { get; private set; }

        public void Cancel()
        {
            try
            {
                _cancellation.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It was answered at this very moment.
            }
        }

        /// <summary>Ends it when the configuration of now no longer admits it.</summary>
        public void Check()
        {
            if (!_isAllowed())
            {
                Deny();
            }
        }

        public void Deny()
        {
            IsDenied = true;
            Cancel();
        }

        public void Dispose()
        {
            _all._entries.TryRemove(new KeyValuePair<(string, string), Entry>(_key, this));
            _cancellation.Dispose();
        }
    }
}
