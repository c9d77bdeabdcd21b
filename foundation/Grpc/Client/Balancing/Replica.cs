using System.Collections.Concurrent;

namespace Grpc.Net.Client.Balancing;

/// <summary>One address of a service and whether it can be reached.</summary>
internal sealed class Replica(Uri address)
{
    private readonly ConcurrentDictionary<string, Uri> _methods = new(StringComparer.Ordinal);
    private int _failures;
    private int _down;

    public Uri Address { get; } = address;

    /// <summary>Configuration no longer names it: nobody needs to know whether it comes back.</summary>
    public bool Retired { get; set; }

    public bool IsDown => Volatile.Read(ref _down) != 0;

    /// <summary>Failed attempts to connect since the last answer; decides how long to wait before the next probe.</summary>
    public int Failures => Volatile.Read(ref _failures);

    public Uri UriOf(string fullMethodName) => _methods.GetOrAdd(fullMethodName, static (path, address) => new Uri(address, path), Address);

    /// <summary>True for the one caller that took it out.</summary>
    public bool TryTakeOut()
    {
        Interlocked.Increment(ref _failures);
        return Interlocked.Exchange(ref _down, 1) == 0;
    }

    public void ProbeFailed() => Interlocked.Increment(ref _failures);

    /// <summary>A probe got through. Failures are kept until a call is answered, so a replica that only accepts connections is probed less and less.</summary>
    public void PutBack() => Volatile.Write(ref _down, 0);

    public void Answered()
    {
        if (Volatile.Read(ref _failures) != 0)
        {
            Volatile.Write(ref _failures, 0);
        }
    }
}
