using System.Diagnostics;
using System.Globalization;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

/// <summary>A host as a process of its own, ended in the ways that hosts end.</summary>
public sealed class HostProcessTests
{
    [Fact]
    public async Task Kill_OfTheHost_LeavesNothingAndTheNextStartWorks()
    {
        var folder = TemporaryFolder.Create("host");
        var (host, children) = await StartAsync(folder);
        Assert.Equal(4, children.Length);

        host.Kill(); // SIGKILL, the host alone

        await Eventually.Async(() => children.All(IsGone));
        var (second, others) = await StartAsync(folder);
        Assert.Equal(4, others.Length);
        await EndAsync(second, others);
    }

    [Fact]
    public async Task Terminate_OfTheHost_EndsEverythingWithCodeZero()
    {
        var (host, children) = await StartAsync(TemporaryFolder.Create("host"));

        await EndAsync(host, children);

        Assert.Equal(0, host.ExitCode);
    }

    [Fact]
    public async Task SecondHost_OnTheSameFolder_IsRefusedWithTheProcessOfTheFirst()
    {
        var folder = TemporaryFolder.Create("host");
        var (host, children) = await StartAsync(folder);
        using var second = Start(folder);
        var error = await second.StandardError.ReadToEndAsync().WaitAsync(Eventually.DefaultDeadline);

        Assert.Contains($"Another host (process {host.Id}) already runs", error, StringComparison.Ordinal);
        await EndAsync(host, children);
    }

    private static async Task EndAsync(Process host, int[] children)
    {
        using var kill = Process.Start("kill", ["-TERM", host.Id.ToString(CultureInfo.InvariantCulture)]);
        await host.WaitForExitAsync().WaitAsync(Eventually.DefaultDeadline);
        Assert.All(children, child => Assert.True(IsGone(child)));
    }

    private static async Task<(Process Host, int[] Children)> StartAsync(string folder)
    {
        var host = Start(folder);
        var lines = new List<string>();
        while (await host.StandardOutput.ReadLineAsync().WaitAsync(Eventually.DefaultDeadline) is { } line)
        {
            lines.Add(line);
            if (line.StartsWith("ready ", StringComparison.Ordinal))
            {
                _ = host.StandardOutput.ReadToEndAsync();
                return (host, [.. line.Split(' ').Skip(1).Select(id => int.Parse(id, CultureInfo.InvariantCulture))]);
            }
        }
        throw new InvalidOperationException("The host ended: " + string.Join('\n', lines) + await host.StandardError.ReadToEndAsync());
    }

    private static Process Start(string folder)
    {
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        info.ArgumentList.Add(typeof(TestProgram).Assembly.Location);
        info.ArgumentList.Add("host");
        info.ArgumentList.Add(folder);
        return Process.Start(info)!;
    }

    private static bool IsGone(int id) => Aspire.Hosting.Processes.ProcessTable.StartTime(id) is null;
}
