using System.Globalization;

namespace Aspire.Hosting.Running;

/// <summary>One host at a time works on a state folder. The kernel releases the lock when the host dies, however it dies.</summary>
internal sealed class HostLock : IDisposable
{
    private readonly FileStream _file;

    private HostLock(FileStream file) => _file = file;

    /// <exception cref="DistributedApplicationException">Another host runs; the message names its process.</exception>
    public static HostLock Take(string stateDirectory)
    {
        Directory.CreateDirectory(stateDirectory);
        var pidFile = Path.Combine(stateDirectory, "host.pid");
        try
        {
            var file = new FileStream(Path.Combine(stateDirectory, "host.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new HostLock(file);
        }
        catch (IOException) when (Directory.Exists(stateDirectory))
        {
            var pid = File.Exists(pidFile) ? File.ReadAllText(pidFile) : "?";
            throw new DistributedApplicationException($"Another host (process {pid}) already runs on {stateDirectory}. End it first, or give this one a folder and ports of its own.");
        }
    }

    public void Dispose() => _file.Dispose();
}
