using System.Collections.Concurrent;
using System.Globalization;
using Aspire.Hosting.Processes;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

/// <summary>A host as a process of its own, ended in the ways that hosts end.</summary>
public sealed class HostProcessTests
{
    [Fact]
    public async Task Kill_OfTheHost_LeavesNothingAndTheNextStartWorks()
    {
        var folder = CreateFolder();
        var (host, children) = await StartAsync(folder);
        Assert.Equal(4, children.Length);

        host.Signal(Native.SIGKILL); // the host alone

        await Eventually.Async(() => children.All(IsGone));
        var (second, others) = await StartAsync(folder);
        Assert.Equal(4, others.Length);
        await EndAsync(second, others);
    }

    [Fact]
    public async Task Terminate_OfTheHost_EndsEverythingWithCodeZero()
    {
        var (host, children) = await StartAsync(CreateFolder());

        await EndAsync(host, children);

        Assert.Equal(0, await host.Exited);
    }

    [Fact]
    public async Task Interrupt_OfTheHost_EndsEverythingWithCodeZero()
    {
        var (host, children) = await StartAsync(CreateFolder());

        await EndAsync(host, children, Native.SIGINT);

        Assert.Equal(0, await host.Exited);
    }

    [Fact]
    public async Task SecondInterrupt_WhileAChildDoesNotEnd_EndsEverythingAtOnce()
    {
        const int Stop = 19; // SIGSTOP: the process neither ends nor answers
        var (host, children) = await StartAsync(CreateFolder());
        foreach (var child in children)
        {
            Native.Signal(child, Stop);
        }

        // The first one only begins the orderly stop, which waits for the children.
        await Eventually.Async(() =>
        {
            host.Signal(Native.SIGINT);
            return host.Exited.IsCompleted;
        });
        await Eventually.Async(() => children.All(IsGone));
    }

    [Fact]
    public async Task SecondHost_OnTheSameFolder_IsRefusedWithTheProcessOfTheFirst()
    {
        var folder = CreateFolder();
        var (host, children) = await StartAsync(folder);
        var (second, lines) = await LaunchAsync(folder);

        Assert.NotEqual(0, await second.Exited.WaitAsync(Eventually.DefaultDeadline));
        await Eventually.Async(() => lines.Any(line => line.Contains($"Another host (process {host.Id}) already runs", StringComparison.Ordinal)));
        await EndAsync(host, children);
    }

    /// <summary>A folder that the servers' own users may pass, as <c>.local</c> is.</summary>
    private static string CreateFolder()
    {
        var folder = TemporaryFolder.Create("host");
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return folder;
    }

    private static async Task EndAsync(ChildProcess host, int[] children, int signal = Native.SIGTERM)
    {
        host.Signal(signal);
        await host.Exited.WaitAsync(Eventually.DefaultDeadline);
        Assert.All(children, child => Assert.True(IsGone(child)));
    }

    private static async Task<(ChildProcess Host, int[] Children)> StartAsync(string folder)
    {
        var (host, lines) = await LaunchAsync(folder);
        var ready = await Eventually.Async(() => host.Exited.IsCompleted
            ? throw new InvalidOperationException("The host ended: " + string.Join('\n', lines))
            : Task.FromResult(lines.FirstOrDefault(line => line.StartsWith("ready ", StringComparison.Ordinal))));
        return (host, [.. ready.Split(' ').Skip(1).Select(id => int.Parse(id, CultureInfo.InvariantCulture))]);
    }

    /// <summary>Starts a host that cannot outlive this test process, whatever happens to the test.</summary>
    private static async Task<(ChildProcess Host, ConcurrentQueue<string> Lines)> LaunchAsync(string folder)
    {
        var lines = new ConcurrentQueue<string>();
        var host = await ChildProcess.StartAsync(new ChildProcessOptions
        {
            // Whoever runs the tests in the background has told all of them to pass over Ctrl-C.
            FileName = "env",
            Arguments = ["--default-signal=INT", "dotnet", typeof(TestProgram).Assembly.Location, "host", folder],
            OnLine = (line, _) => lines.Enqueue(line),
        });
        return (host, lines);
    }

    private static bool IsGone(int id) => ProcessTable.StartTime(id) is null;
}
