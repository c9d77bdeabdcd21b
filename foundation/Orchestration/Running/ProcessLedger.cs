using System.Globalization;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Running;

/// <summary>
/// The processes of a host, on disk. The kernel ends them with their host; should one have escaped (it was stopped, or had not asked for the
/// death signal yet), the next host finds it here and ends it. A process is named by boot, id and start time, so no stranger is ever hit.
/// </summary>
internal sealed class ProcessLedger(string? path)
{
    private readonly Lock _gate = new();
    private readonly HashSet<(int Id, long StartTime)> _processes = [];

    public void Add(IRunningResource resource) => Change(resource, add: true);

    public void Remove(IRunningResource resource) => Change(resource, add: false);

    private void Change(IRunningResource resource, bool add)
    {
        if (path is null || resource is not { ProcessId: { } id, ProcessStartTime: { } startTime })
        {
            return;
        }
        lock (_gate)
        {
            if (add ? _processes.Add((id, startTime)) : _processes.Remove((id, startTime)))
            {
                File.WriteAllLines(path + ".new", [BootId(), .. _processes.Select(process => string.Create(CultureInfo.InvariantCulture, $"{process.Id} {process.StartTime}"))]);
                File.Move(path + ".new", path, overwrite: true);
            }
        }
    }

    /// <summary>Ends what an earlier host left. The caller holds the host's lock.</summary>
    /// <returns>How many processes that were.</returns>
    public async Task<int> EndLeftoversAsync(CancellationToken ct)
    {
        if (path is null || !File.Exists(path))
        {
            return 0;
        }
        var lines = await File.ReadAllLinesAsync(path, ct).ConfigureAwait(false);
        var ended = 0;
        foreach (var line in lines.Length > 0 && lines[0] == BootId() ? lines.Skip(1) : [])
        {
            var fields = line.Split(' ');
            if (fields.Length != 2 || !int.TryParse(fields[0], CultureInfo.InvariantCulture, out var id) || !long.TryParse(fields[1], CultureInfo.InvariantCulture, out var startTime)
                || ProcessTable.StartTime(id) != startTime)
            {
                continue;
            }
            ended++;
            // First politely: PostgreSQL then needs no crash recovery.
            foreach (var signal in (int[])[Native.SIGINT, Native.SIGKILL])
            {
                Native.Signal(id, signal);
                if (await ProcessTable.WaitUntilGoneAsync(id, startTime, TimeSpan.FromSeconds(5), ct).ConfigureAwait(false))
                {
                    break;
                }
            }
        }
        File.Delete(path);
        return ended;
    }

    private static string BootId() => File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "unknown";
}
