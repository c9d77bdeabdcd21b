using System.Globalization;

namespace Aspire.Hosting.Processes;

/// <summary>The user that a server runs as when the host itself is root. PostgreSQL refuses to run as root; Redis has no reason to.</summary>
internal sealed record UnprivilegedUser(string Name, uint Uid, uint Gid)
{
    /// <summary>The first of <paramref name="names"/> that exists, or null when this process is not root and needs none.</summary>
    /// <exception cref="InvalidOperationException">This process is root and none of the users exists.</exception>
    public static UnprivilegedUser? ForRoot(params ReadOnlySpan<string> names)
    {
        if (!Native.IsRoot)
        {
            return null;
        }
        foreach (var name in names)
        {
            if (Find(name) is { } user)
            {
                return user;
            }
        }
        throw new InvalidOperationException($"Running as root, and none of the users {string.Join(", ", names)} exists to run the server as.");
    }

    private static UnprivilegedUser? Find(string name)
    {
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var field = line.Split(':');
            if (field.Length > 3 && field[0] == name)
            {
                return new(name, uint.Parse(field[2], CultureInfo.InvariantCulture), uint.Parse(field[3], CultureInfo.InvariantCulture));
            }
        }
        return null;
    }

    /// <summary>False when a parent of <paramref name="path"/> keeps everyone but its owner out, as a home folder of mode 0700 does.</summary>
    public static bool CanReach(string path)
    {
        for (var folder = Path.GetDirectoryName(Path.GetFullPath(path)); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Directory.Exists(folder) && !File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherExecute))
            {
                return false;
            }
        }
        return true;
    }
}
