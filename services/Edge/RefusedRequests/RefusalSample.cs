namespace ManagedOAuth.Edge.RefusedRequests;

/// <summary>
/// Which refusals are told: of each reason at each application the first few of a minute, and so many of all together that a flood costs next to
/// nothing here and at Config. One reason never takes the room of another.
/// </summary>
internal sealed class RefusalSample(TimeProvider clock)
{
    /// <summary>Of one reason at one application, in a minute.</summary>
    public const int MostOfOne = 10;

    /// <summary>Of everything, in a minute.</summary>
    public const int MostOfAll = 600;

    private readonly Lock _lock = new();
    private readonly Dictionary<(Guid Application, string Kind), int> _told = [];
    private long _minute;
    private int _all;

    /// <summary>Whether this one is told, and whether it is the last of its kind in this minute.</summary>
    public (bool IsTold, bool IsLast) Take(Guid application, string kind)
    {
        var minute = clock.GetUtcNow().ToUnixTimeSeconds() / 60;

        // In a flood this is all that happens.
        if (Volatile.Read(ref _all) >= MostOfAll && Volatile.Read(ref _minute) == minute)
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
            if (_all >= MostOfAll || told >= MostOfOne)
            {
                return default;
            }

            _told[(application, kind)] = told + 1;
            Volatile.Write(ref _all, _all + 1);
            return (true, told + 1 == MostOfOne || _all == MostOfAll);
        }
    }
}
