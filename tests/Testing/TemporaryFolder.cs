namespace ManagedOAuth.Testing;

/// <summary>Folders of one test process, and the removal of those that a killed one left.</summary>
public static class TemporaryFolder
{
    private const string Prefix = "managedoauth-test-";
    private static readonly TimeSpan s_abandoned = TimeSpan.FromHours(1);
    private static readonly Lazy<bool> s_cleaned = new(RemoveAbandoned);

    /// <summary>A new empty folder below the system's temporary folder.</summary>
    public static string Create(string name)
    {
        _ = s_cleaned.Value;
        return Directory.CreateTempSubdirectory($"{Prefix}{name}-").FullName;
    }

    /// <summary>Disposes a server when this process ends in an orderly way. (If it is killed, the kernel ends the server.)</summary>
    public static void DisposeAtExit(IAsyncDisposable server) =>
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(10));

    private static bool RemoveAbandoned()
    {
        foreach (var folder in Directory.GetDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            try
            {
                if (DateTime.UtcNow - Directory.GetCreationTimeUtc(folder) < s_abandoned)
                {
                    continue;
                }
                using (File.Open(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                {
                    // Nobody holds it.
                }
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or another user's: not ours to remove.
            }
        }
        return true;
    }
}
