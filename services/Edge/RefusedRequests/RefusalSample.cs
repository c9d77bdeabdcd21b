namespace ManagedOAuth.Edge.RefusedRequests;

/// <summary>
/// Which refusals are told: of each reason at each application the first few of a minute, and so many of all together that a flood costs next to
/// nothing here and at Config. One reason never takes the room of another, and nobody without a valid credential that of somebody who has one.
/// </summary>
internal sealed class RefusalSample(TimeProvider clock)
{
    /// <summary>Of one reason at one application, in a minute.</summary>
    public const int MostOfOne = 10;

    /// <summary>Of all requests with a valid credential, in a minute.</summary>
    public const int MostOfKnown = 600;

    /// <summary>Of all other requests, which anybody can send, in a minute.</summary>
    public const int MostOfUnknown = 100;

    private readonly Budget _known = new(MostOfKnown);
    private readonly Budget _unknown = new(MostOfUnknown);

    /// <summary>Whether this one is told, and whether it is the last of its kind in this minute.</summary>
    /// <param name="application">Where it was refused.</param>
    /// <param name="kind">Why.</param>
    /// <param name="isKnown">The request had a valid credential.</param>
    public (bool IsTold, bool IsLast) Take(Guid application, string kind, bool isKnown)
        => (isKnown ? _known : _unknown).Take(clock.GetUtcNow().ToUnixTimeSeconds() / 60, application, kind);

    private sealed class Budget(int most)
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<(Guid Application, string Kind), int> _told = [];
        private long _minute;
        private int _all;

        public (bool IsTold, bool IsLast) Take(long minute, Guid application, string kind)
        {
            // In a flood this is all that happens.
            if (Volatile.Read(ref _all) >= most && Volatile.Read(ref _minute) == minute)
            {
                return default;
            }

            lock (_lock)
            {
                if (_minute != minute)
                {
                    _told.Clear();
                    Volatile.Write(ref _all, 0);
                    Volatile.Write(ref _minute, minute);
                }

                var told = _told.GetValueOrDefault((application, kind));
                if (_all >= most || told >= MostOfOne)
                {
                    return default;
                }

                _told[(application, kind)] = told + 1;
                Volatile.Write(ref _all, _all + 1);
                return (true, told + 1 == MostOfOne || _all == most);
            }
        }
    }
}
