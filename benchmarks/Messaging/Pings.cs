using System.Diagnostics;
using System.Text.Json.Serialization;

namespace ManagedOAuth.Benchmarks.Messaging;

/// <summary>A message; <paramref name="Published"/> is <see cref="Stopwatch"/>'s clock.</summary>
public sealed record Ping(long Number, long Published);

/// <summary>Takes them. The effect is the inbox row that every handled message leaves.</summary>
public static class PingHandler
{
    /// <summary>Counts one.</summary>
    public static void Handle(Ping message, Handled handled) => handled.Add(Stopwatch.GetElapsedTime(message.Published));
}

/// <summary>What has been handled so far.</summary>
public sealed class Handled
{
    private readonly Lock _gate = new();
    private readonly List<double> _milliseconds = [];

    /// <summary>How many.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _milliseconds.Count;
            }
        }
    }

    /// <summary>One more, with its time from publishing to the handler.</summary>
    public void Add(TimeSpan time)
    {
        lock (_gate)
        {
            _milliseconds.Add(time.TotalMilliseconds);
        }
    }

    /// <summary>The times, rising, and an empty list from here on.</summary>
    public double[] Take()
    {
        lock (_gate)
        {
            double[] taken = [.. _milliseconds.Order()];
            _milliseconds.Clear();
            return taken;
        }
    }
}

[JsonSerializable(typeof(Ping))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
