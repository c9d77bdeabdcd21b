using System.Globalization;

namespace Aspire.Hosting.Local;

/// <summary>Where distributions put the programs of the local servers.</summary>
internal static class LocalBinaries
{
    /// <summary>The folder with initdb and postgres of the highest version, or null.</summary>
    public static string? FindPostgres()
    {
        var versioned = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin"))
            : [];
        return versioned.Concat(SearchPath()).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    /// <summary>The folder with redis-server, or null.</summary>
    public static string? FindRedis() => SearchPath().FirstOrDefault(folder => File.Exists(Path.Combine(folder, "redis-server")));

    private static IEnumerable<string> SearchPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin"]);
}
