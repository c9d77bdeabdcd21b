using System.Globalization;
using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.Benchmarks.Administration;

/// <summary>What the services hold in memory, as the kernel counts it.</summary>
internal static class Memory
{
    public static async Task<string> OfAsync(LocalTopology topology)
    {
        var parts = new List<string>();
        foreach (var resource in await topology.ResourcesAsync())
        {
            if (resource.Name is "config" or "edge" or "authorization-server" or "token")
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{resource.Name} {Kilobytes(resource.Pid, "VmRSS") / 1024} MB (peak {Kilobytes(resource.Pid, "VmHWM") / 1024} MB)"));
            }
        }

        return string.Join(", ", parts);
    }

    private static long Kilobytes(int process, string field)
        => long.Parse(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
