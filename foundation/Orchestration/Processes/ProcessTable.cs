using System.Globalization;

namespace Aspire.Hosting.Processes;

/// <summary>What /proc says about a process.</summary>
internal static class ProcessTable
{
    /// <summary>Clock ticks since boot at which the process started (proc(5), stat field 22); null when there is no such process or it is a zombie.</summary>
    public static long? StartTime(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            // The command name is in parentheses and may itself hold spaces and parentheses: count from the last one.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The arguments the process was started with; empty when it is gone or hidden.</summary>
    public static string[] CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>True when the process was gone before <paramref name="limit"/> passed.</summary>
    public static async Task<bool> WaitUntilGoneAsync(int pid, long startTime, TimeSpan limit, CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        while (StartTime(pid) == startTime)
        {
            if (Environment.TickCount64 > deadline)
            {
                return false;
            }
            await Task.Delay(25, ct).ConfigureAwait(false);
        }
        return true;
    }
}
