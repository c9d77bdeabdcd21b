namespace ManagedOAuth.Benchmarks.Propagation;

/// <summary>How long each of many changes took until the last edge had it, in milliseconds.</summary>
internal sealed class Series(string name)
{
    private readonly List<double> _milliseconds = [];

    public void Add(TimeSpan took) => _milliseconds.Add(took.TotalMilliseconds);

    /// <summary>The value that this share of all did not exceed.</summary>
    public double Percentile(double share)
    {
        var sorted = _milliseconds.Order().ToList();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)];
    }

    public override string ToString()
        => $"{name}: {_milliseconds.Count} changes, p50 {Percentile(0.5):F0} ms, p99 {Percentile(0.99):F0} ms, longest {Percentile(1):F0} ms; the longest five: "
            + string.Join(", ", _milliseconds.Index().OrderByDescending(change => change.Item).Take(5).Select(change => $"{change.Item:F0} ms (change {change.Index + 1})"));
}
