using System.Runtime.InteropServices;

namespace Aspire.Hosting.Processes;

/// <summary>The few libc calls that .NET has no name for.</summary>
internal static class Native
{
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;

    /// <summary>True when this process may change file owners and users.</summary>
    public static bool IsRoot { get; } = OperatingSystem.IsLinux() && geteuid() == 0;

    /// <summary>Effective user id of this process.</summary>
    public static uint UserId { get; } = OperatingSystem.IsLinux() ? geteuid() : 0;

    /// <summary>Sends a signal; false when the process (or, for a negative id, the process group) no longer exists.</summary>
    public static bool Signal(int pid, int signal) => kill(pid, signal) == 0;

    /// <summary>The name by which setpriv(1) knows a signal.</summary>
    public static string Name(int signal) => signal switch
    {
        SIGINT => "INT",
        SIGQUIT => "QUIT",
        SIGKILL => "KILL",
        SIGTERM => "TERM",
        _ => throw new ArgumentOutOfRangeException(nameof(signal)),
    };

    /// <summary>Gives a file to another user. Only root may.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void ChangeOwner(string path, UnprivilegedUser user)
    {
        if (lchown(path, user.Uid, user.Gid) != 0)
        {
            throw new IOException($"Cannot give {path} to user {user.Name}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint geteuid();

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int lchown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint owner, uint group);
}
