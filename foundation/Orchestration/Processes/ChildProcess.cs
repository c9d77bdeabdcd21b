using System.Diagnostics;

namespace Aspire.Hosting.Processes;

/// <summary>
/// A process that cannot outlive its host: it has its own session, so that Ctrl-C in the terminal reaches only the host, which then stops its
/// children in order; and a parent death signal, so that nothing remains when the host itself is killed.
/// </summary>
internal sealed class ChildProcess
{
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(int id)
    {
        Id = id;
        StartTime = ProcessTable.StartTime(id);
    }

    /// <summary>Process id, and id of the process's session and group.</summary>
    public int Id { get; }

    /// <summary>With <see cref="Id"/> this names the process unmistakably, although ids are reused. See <see cref="ProcessTable"/>.</summary>
    public long? StartTime { get; }

    /// <summary>Completes with the exit code (128 + signal number when a signal ended it). Never faults.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Starts the process and returns when it has an id.</summary>
    /// <exception cref="PlatformNotSupportedException">Sessions and death signals are those of Linux.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static Task<ChildProcess> StartAsync(ChildProcessOptions options)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("The local topology runs on Linux (Windows: use WSL).");
        }
        var started = new TaskCompletionSource<ChildProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The kernel sends the death signal when the *thread* that forked ends, so each child gets a thread that lives as long as it does.
        new Thread(() => Run(options, started)) { IsBackground = true, Name = "child " + Path.GetFileName(options.FileName) }.Start();
        return started.Task;
    }

    private static void Run(ChildProcessOptions options, TaskCompletionSource<ChildProcess> started)
    {
        try
        {
            using var process = new Process { StartInfo = StartInfo(options), EnableRaisingEvents = true };
            process.Start();
            var child = new ChildProcess(process.Id);
            LinePump.Start(process.StandardOutput, line => options.OnLine(line, false));
            LinePump.Start(process.StandardError, line => options.OnLine(line, true));
            started.SetResult(child);
            Feed(process, options.Input);
            // With a finite time this waits for the process alone; without, also for every grandchild that holds the output pipe.
            while (!process.WaitForExit(TimeSpan.FromHours(1)))
            {
            }
            child._exited.TrySetResult(process.ExitCode);
        }
        catch (Exception e) // Nobody else is on this thread: whoever awaits the start gets the error.
        {
            started.TrySetException(e);
        }
    }

    private static void Feed(Process process, string input)
    {
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading: its exit code says the rest.
        }
    }

    private static ProcessStartInfo StartInfo(ChildProcessOptions options)
    {
        var info = new ProcessStartInfo("setsid")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = options.WorkingDirectory,
        };
        info.ArgumentList.Add("setpriv");
        if (options.User is { } user)
        {
            info.ArgumentList.Add("--reuid=" + user.Uid);
            info.ArgumentList.Add("--regid=" + user.Gid);
            info.ArgumentList.Add("--clear-groups");
        }
        info.ArgumentList.Add("--pdeathsig");
        info.ArgumentList.Add(Native.Name(options.ParentDeathSignal));
        info.ArgumentList.Add("--");
        info.ArgumentList.Add(options.FileName);
        foreach (var argument in options.Arguments)
        {
            info.ArgumentList.Add(argument);
        }
        foreach (var name in info.Environment.Keys.Where(name => options.NotInherited.Any(pattern => Matches(name, pattern))).ToList())
        {
            info.Environment.Remove(name);
        }
        foreach (var (name, value) in options.Environment)
        {
            info.Environment[name] = value;
        }
        return info;
    }

    private static bool Matches(string name, string pattern) => pattern.EndsWith('*')
        ? name.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase)
        : name.Equals(pattern, StringComparison.OrdinalIgnoreCase);

    /// <summary>Sends a signal, unless the process has ended.</summary>
    public void Signal(int signal)
    {
        if (!Exited.IsCompleted)
        {
            Native.Signal(Id, signal);
        }
    }

    /// <summary>
    /// Asks the process to end, waits at most <paramref name="grace"/>, then kills its whole session.
    /// </summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(int signal, TimeSpan grace)
    {
        Signal(signal);
        try
        {
            return await Exited.WaitAsync(grace).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Native.Signal(-Id, Native.SIGKILL);
            return await Exited.ConfigureAwait(false);
        }
    }
}
