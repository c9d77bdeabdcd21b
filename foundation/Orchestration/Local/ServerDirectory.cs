using System.Security.Cryptography;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Local;

/// <summary>
/// The private folder (0700) of a local server, locked for the life of this process so that two hosts never run a server on the same data.
/// </summary>
internal sealed class ServerDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string RelocatedRoot = "/var/lib/managedoauth";
    private readonly FileStream _lock;
    private readonly UnprivilegedUser? _user;

    private ServerDirectory(string path, UnprivilegedUser? user, FileStream @lock)
    {
        Path = path;
        _user = user;
        _lock = @lock;
    }

    public string Path { get; }

    /// <summary>Creates or opens the folder.</summary>
    /// <exception cref="InvalidOperationException">Another process uses it.</exception>
    public static ServerDirectory Open(string path, UnprivilegedUser? user)
    {
        path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(path, OwnerOnly);
        if (user is not null && !UnprivilegedUser.CanReach(path))
        {
            path = Relocate(path);
        }
        FileStream @lock;
        try
        {
            @lock = new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"The data in {path} is in use by another host: end that one first, or give this one another folder.", e);
        }
        var directory = new ServerDirectory(path, user, @lock);
        directory.GiveToUser(path);
        return directory;
    }

    /// <summary>
    /// Root often works below a home folder that nobody else may enter, and the server's user could not reach its data there. Such data lives under
    /// /var/lib; the folder itself keeps the address, so that removing it still starts anew.
    /// </summary>
    private static string Relocate(string path)
    {
        Directory.CreateDirectory(RelocatedRoot);
        File.SetUnixFileMode(RelocatedRoot, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        RemoveForgotten();
        var pointer = System.IO.Path.Combine(path, "location");
        if (!File.Exists(pointer))
        {
            File.WriteAllText(pointer, System.IO.Path.Combine(RelocatedRoot, RandomNumberGenerator.GetHexString(16, lowercase: true)));
        }
        var target = File.ReadAllText(pointer).Trim();
        Directory.CreateDirectory(target, OwnerOnly);
        File.WriteAllText(System.IO.Path.Combine(target, "origin"), pointer);
        return target;
    }

    /// <summary>Removes relocated data whose folder was removed.</summary>
    private static void RemoveForgotten()
    {
        foreach (var folder in Directory.GetDirectories(RelocatedRoot))
        {
            try
            {
                var origin = System.IO.Path.Combine(folder, "origin");
                if (File.Exists(origin) && !File.Exists(File.ReadAllText(origin)))
                {
                    using (File.Open(System.IO.Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                    {
                        // Nobody runs on it.
                    }
                    Directory.Delete(folder, recursive: true);
                }
            }
            catch (IOException)
            {
                // In use: the next start looks again.
            }
        }
    }

    /// <summary>Full path of a file in this folder.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file that only the server's user may read.</summary>
    public void WriteSecret(string name, string content)
    {
        var path = PathOf(name);
        using (var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerFile }))
        {
            File.SetUnixFileMode(stream.SafeFileHandle, OwnerFile);
            stream.Write(System.Text.Encoding.UTF8.GetBytes(content));
            stream.Flush(flushToDisk: true);
        }
        GiveToUser(path);
    }

    /// <summary>The password kept in this folder, made at the first start: 24 random bytes in hexadecimal.</summary>
    public string Password()
    {
        if (!File.Exists(PathOf("password")))
        {
            WriteSecret("password.new", RandomNumberGenerator.GetHexString(48, lowercase: true));
            File.Move(PathOf("password.new"), PathOf("password"));
        }
        return File.ReadAllText(PathOf("password")).Trim();
    }

    private void GiveToUser(string path)
    {
        if (_user is not null)
        {
            Native.ChangeOwner(path, _user);
        }
    }

    /// <summary>Removes the folder with everything in it. The server has ended.</summary>
    public void Delete()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A backend of the server may still be writing its last file; the next run removes abandoned folders.
        }
    }

    public void Dispose() => _lock.Dispose();
}
