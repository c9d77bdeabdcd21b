using System.Globalization;

namespace ManagedOAuth.Benchmarks;

/// <summary>
/// What the machine did while something was measured: without it, a rate from a shared or virtual machine cannot be compared with another.
/// Stolen time is what the host beneath gave to its other guests.
/// </summary>
internal sealed class MachineLoad
{
    private readonly long[] _before = Read();

    /// <summary>For example <c>machine: 1.31 of 2 cores used, 0.42 stolen</c>, from the construction until now.</summary>
    public override string ToString()
    {
        var spent = Read().Zip(_before, (now, before) => (double)(now - before)).ToArray();
        var cores = Environment.ProcessorCount / Math.Max(1, spent.Sum());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"machine: {(spent.Sum() - spent[3] - spent[4] - spent[7]) * cores:F2} of {Environment.ProcessorCount} cores used, {spent[7] * cores:F2} stolen");
    }

    // proc(5): user, nice, system, idle, iowait, irq, softirq, steal; the two guest times after them are contained in the first two.
    private static long[] Read() =>
        [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
}
