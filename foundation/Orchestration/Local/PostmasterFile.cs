using System.Globalization;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Local;

/// <summary>
/// What a host that was killed may leave in a data folder: <c>postmaster.pid</c>, with or without the server that wrote it. PostgreSQL itself
/// refuses to start while a process of that id lives, even if the id has passed to another program since.
/// </summary>
internal static class PostmasterFile
{
    /// <summary>Ends a server that still runs on this folder, or removes the file of one that does not. The caller holds the folder's lock.</summary>
    /// <exception cref="InvalidOperationException">The old server does not end.</exception>
    public static async Task ClearAsync(string dataDirectory, CancellationToken ct)
    {
        var file = Path.Combine(dataDirectory, "postmaster.pid");
        if (!File.Exists(file))
        {
            return;
        }
        if (!int.TryParse(File.ReadLines(file).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || ProcessTable.StartTime(pid) is not { } startTime
            || !ProcessTable.CommandLine(pid).Contains(dataDirectory))
        {
            File.Delete(file);
            return;
        }
        foreach (var signal in (int[])[Native.SIGINT, Native.SIGQUIT])
        {
            Native.Signal(pid, signal);
            if (await ProcessTable.WaitUntilGoneAsync(pid, startTime, TimeSpan.FromSeconds(15), ct).ConfigureAwait(false))
            {
                return;
            }
        }
        throw new InvalidOperationException($"A PostgreSQL of an earlier run (process {pid}) still uses {dataDirectory} and does not end: end it, then start again.");
    }
}
