using System.Collections.Concurrent;

namespace ManagedOAuth.Testing;

/// <summary>Folders of one test process, and the removal of those that a killed one left.</summary>
public static class TemporaryFolder
{
    private const string Prefix = "managedoauth-test-";
    private static readonly TimeSpan s_abandoned = TimeSpan.FromHours(6);
    private static readonly ConcurrentBag<string> s_created = [];
    private static readonly ConcurrentBag<Func<Task>> s_ends = [];
    private static readonly Lazy<bool> s_cleaned = new(RemoveAbandoned);

    /// <summary>A new empty folder below the system's temporary folder, removed when this process ends in an orderly way.</summary>
    public static string Create(string name)
    {
        _ = s_cleaned.Value;
        var folder = Directory.CreateTempSubdirectory($"{Prefix}{name}-").FullName;
        s_created.Add(folder);
        return folder;
    }

    /// <summary>Runs when this process ends in an orderly way, before the folders are removed. (If it is killed, the kernel ends its servers.)</summary>
    public static void BeforeRemoval(Func<Task> end) => s_ends.Add(end);

    private static void RemoveAll()
    {
        Task.WhenAll(s_ends.Select(end => end())).Wait(TimeSpan.FromSeconds(10));
        foreach (var folder in s_created)
        {
            TryRemove(folder);
        }
    }

    private static void TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone already, in use, or another user's: not ours to remove.
        }
    }

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
                TryRemove(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or another user's: not ours to remove.
            }
        }
        AppDomain.CurrentDomain.ProcessExit += (_, _) => RemoveAll();
        return true;
    }
}
