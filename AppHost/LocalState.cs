using System.Security.Cryptography;
using Aspire.Hosting;

namespace ManagedOAuth.AppHost;

/// <summary>The folder <c>.local</c>: data of the local servers, keys (0700), the admin token (0600). Kept between runs; removing it starts anew.</summary>
public sealed class LocalState : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly bool _temporary;

    private LocalState(string directory, bool temporary)
    {
        Directory = directory;
        _temporary = temporary;
    }

    /// <summary>Full path.</summary>
    public string Directory { get; }

    /// <summary>Data of PostgreSQL.</summary>
    public string Postgres => Path.Combine(Directory, "postgres");

    /// <summary>Configuration of Redis.</summary>
    public string Redis => Path.Combine(Directory, "redis");

    /// <summary>Keys of the services.</summary>
    public string Keys => Path.Combine(Directory, "keys");

    /// <summary>The first API token.</summary>
    public string AdminTokenFile => Path.Combine(Directory, "admin-token");

    /// <summary>Exists when the configuration was seeded; holds the port base it was seeded for.</summary>
    public string SeededFile => Path.Combine(Directory, "seeded");

    /// <summary>Where the sample with a login of its own keeps it: whoever is connected there is so after the next start too.</summary>
    public string NotesTokensFile => Path.Combine(Directory, "notes-tokens.json");

    /// <summary>The audience tag of an application, for its origin to check. Not a secret.</summary>
    public string AudienceFile(string sample) => Path.Combine(Directory, sample + ".aud");

    /// <summary>Opens or creates the folder beside the solution, or a temporary one.</summary>
    /// <exception cref="DistributedApplicationException">Half of it was removed, and what remains cannot be used without the rest.</exception>
    public static LocalState Open(AppHostOptions options)
    {
        var state = options.Ephemeral
            ? new LocalState(System.IO.Directory.CreateTempSubdirectory("managedoauth-").FullName, temporary: true)
            : new LocalState(options.Data ?? Path.Combine(Root(), ".local"), temporary: false);
        System.IO.Directory.CreateDirectory(state.Directory);
        // Others may pass (the database's own user must reach its folder) but not list.
        File.SetUnixFileMode(state.Directory, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        if (System.IO.Directory.Exists(state.Postgres) && !System.IO.Directory.Exists(state.Keys))
        {
            throw new DistributedApplicationException($"{state.Postgres} holds data that was sealed with keys which are gone ({state.Keys}). Put them back, or remove {state.Directory} to start anew.");
        }
        System.IO.Directory.CreateDirectory(state.Keys, OwnerOnly);
        return state;
    }

    /// <summary>The folder above the AppHost project.</summary>
    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ManagedOAuth.sln")))
            {
                return folder.FullName;
            }
        }
        return System.IO.Directory.GetCurrentDirectory();
    }

    /// <summary>The content of a secret file (0600), made at first use.</summary>
    public static string SecretFile(string path, Func<string> create)
    {
        if (!File.Exists(path))
        {
            // Written aside and renamed: nobody ever reads half a key.
            var unfinished = path + ".new";
            File.Delete(unfinished);
            using (var stream = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                stream.Write(System.Text.Encoding.UTF8.GetBytes(create()));
                stream.Flush(flushToDisk: true);
            }
            File.Move(unfinished, path);
        }
        return File.ReadAllText(path).Trim();
    }

    /// <summary>The admin token: 256 random bits behind the prefix that secret scanners know.</summary>
    public string AdminToken() => SecretFile(AdminTokenFile, () => "mo_api_" + RandomNumberGenerator.GetHexString(64, lowercase: true) + "\n");

    /// <summary>Removes a temporary folder.</summary>
    public void Dispose()
    {
        if (!_temporary)
        {
            return;
        }
        try
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
        catch (IOException)
        {
            // Something still writes there; the system clears its temporary folder in time.
        }
    }
}
