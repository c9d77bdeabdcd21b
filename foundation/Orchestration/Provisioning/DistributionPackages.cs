using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Provisioning;

/// <summary>
/// Installs a server's package on Debian or Ubuntu, so that nothing runs afterwards that did not run before: no PostgreSQL cluster of the
/// system's own is created, no service is started, and none starts with the next boot.
/// </summary>
internal static class DistributionPackages
{
    private const string PolicyFile = "/usr/sbin/policy-rc.d";
    private const string ClusterFile = "/etc/postgresql-common/createcluster.conf";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    private static readonly Dictionary<string, string?> s_environment = new()
    {
        ["DEBIAN_FRONTEND"] = "noninteractive",
        ["UCF_FORCE_CONFFOLD"] = "1",
        ["LC_ALL"] = "C.UTF-8",
    };

    /// <summary>Is this such a distribution, and may we install?</summary>
    public static async Task<bool> CanInstallAsync() =>
        IsDebianFamily(File.Exists("/etc/os-release") ? await File.ReadAllLinesAsync("/etc/os-release").ConfigureAwait(false) : [])
        && File.Exists("/usr/bin/apt-get")
        && (Native.IsRoot || (await Command.RunAsync(TimeSpan.FromSeconds(5), "sudo", "-n", "true").ConfigureAwait(false)).Code == 0);

    /// <summary>Does os-release(5) name Debian, Ubuntu or a descendant?</summary>
    internal static bool IsDebianFamily(IEnumerable<string> osRelease) => osRelease
        .Select(line => line.Split('=', 2))
        .Where(pair => pair is ["ID" or "ID_LIKE", _])
        .SelectMany(pair => pair[1].Trim('"', '\'').Split(' '))
        .Any(id => id is "debian" or "ubuntu");

    /// <exception cref="DistributedApplicationException">apt-get failed; the message holds the end of what it said.</exception>
    public static async Task InstallAsync(string package, string service, Action<string> say, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        say($"Installing the distribution's package '{package}' (apt-get install --no-install-recommends {package}); no service of it is started.");
        var policyIsOurs = !File.Exists(PolicyFile);
        try
        {
            if (policyIsOurs)
            {
                // Exit code 101: "action forbidden by policy" (invoke-rc.d(8)).
                await WriteAsync(PolicyFile, "#!/bin/sh\nexit 101\n", "755").ConfigureAwait(false);
            }
            if (!File.Exists(ClusterFile))
            {
                await WriteAsync(ClusterFile, "create_main_cluster = false\n", "644").ConfigureAwait(false);
            }
            string[] install = ["apt-get", "install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", package];
            var (code, output) = await AsRootAsync(install).ConfigureAwait(false);
            if (code != 0)
            {
                await AsRootAsync("apt-get", "update").ConfigureAwait(false); // the usual reason: the list of packages is old or empty
                (code, output) = await AsRootAsync(install).ConfigureAwait(false);
            }
            if (code != 0)
            {
                throw new DistributedApplicationException($"apt-get could not install '{package}':{Environment.NewLine}{string.Join(Environment.NewLine, output.TrimEnd().Split('\n').TakeLast(8))}");
            }
            if (Directory.Exists("/run/systemd/system"))
            {
                await AsRootAsync("systemctl", "disable", "--quiet", service).ConfigureAwait(false);
            }
        }
        finally
        {
            if (policyIsOurs)
            {
                await AsRootAsync("rm", "-f", PolicyFile).ConfigureAwait(false);
            }
        }
    }

    private static Task<(int Code, string Output)> WriteAsync(string path, string content, string mode) =>
        AsRootAsync("sh", "-c", "mkdir -p \"$(dirname \"$1\")\" && printf %s \"$2\" > \"$1\" && chmod \"$3\" \"$1\"", "sh", path, content, mode);

    private static Task<(int Code, string Output)> AsRootAsync(params string[] command)
    {
        // sudo drops the environment; env sets it again on the other side.
        string[] full = Native.IsRoot ? command : ["sudo", "-n", "env", .. s_environment.Select(variable => $"{variable.Key}={variable.Value}"), .. command];
        return Command.RunAsync(s_limit, null, s_environment, full);
    }
}
