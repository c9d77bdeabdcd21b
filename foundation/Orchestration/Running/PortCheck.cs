using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Running;

/// <summary>Are the fixed ports free? Asked before anything starts, so that the answer is one clear message and not a crash of the fifth service.</summary>
internal static class PortCheck
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <exception cref="DistributedApplicationException">Ports are taken; the message names them and who has them.</exception>
    public static async Task EnsureFreeAsync(IEnumerable<(int Port, string Use)> ports, CancellationToken ct)
    {
        var wanted = ports.ToList();
        var deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (true)
        {
            var taken = wanted.Where(port => !FreePort.IsFree(port.Port)).ToList();
            if (taken.Count == 0)
            {
                return;
            }
            if (Environment.TickCount64 > deadline) // the processes of a host that was just killed need a moment to leave
            {
                throw new DistributedApplicationException("Cannot start:" + string.Concat(taken.Select(port =>
                    $"{Environment.NewLine}  port {port.Port} ({port.Use}) is in use{(PortOwner.Find(port.Port) is { } owner ? " by " + owner : "")}"))
                    + $"{Environment.NewLine}End what uses them, or choose other ports.");
            }
            await Task.Delay(100, ct).ConfigureAwait(false);
        }
    }

    /// <summary>The fixed ports of an application.</summary>
    public static IEnumerable<(int Port, string Use)> FixedPorts(IEnumerable<IResource> resources) =>
        from resource in resources
        from endpoint in resource.Annotations.OfType<EndpointAnnotation>()
        where endpoint.Port is not null
        select (endpoint.Port.GetValueOrDefault(), $"{resource.Name}, {endpoint.Name}");
}

/// <summary>Which process listens on a port, as far as this user may see.</summary>
internal static class PortOwner
{
    public static string? Find(int port)
    {
        var sockets = Inodes("/proc/net/tcp", port).Concat(Inodes("/proc/net/tcp6", port)).Select(inode => $"socket:[{inode}]").ToHashSet();
        foreach (var folder in sockets.Count > 0 ? Directory.GetDirectories("/proc") : [])
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) && Holds(folder, sockets))
            {
                var command = string.Join(' ', ProcessTable.CommandLine(pid));
                return $"process {pid} ({(command.Length > 120 ? command[..120] + "..." : command)})";
            }
        }
        return null;
    }

    /// <summary>Sockets in state LISTEN (0A) on the port; columns as in proc(5).</summary>
    private static IEnumerable<string> Inodes(string table, int port)
    {
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return !File.Exists(table) ? [] : File.ReadLines(table).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1].EndsWith(suffix, StringComparison.Ordinal) && fields[3] == "0A")
            .Select(fields => fields[9]);
    }

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.GetFiles(process + "/fd").Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // ended meanwhile, or another user's
        }
    }
}
