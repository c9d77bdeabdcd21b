using System.Collections.Concurrent;
using Aspire.Hosting.Processes;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task Start_OfAProgram_GivesItASessionOfItsOwn()
    {
        var lines = new ConcurrentQueue<string>();
        var child = await StartAsync(lines, "ps -o sid= -p $$; echo $$");
        Assert.Equal(0, await child.Exited.WaitAsync(Eventually.DefaultDeadline));

        await Eventually.Async(() => lines.Count == 2);
        Assert.All(lines, line => Assert.Equal(child.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), line.Trim()));
    }

    [Fact]
    public async Task Stop_OfAProgramThatIgnoresTheSignal_KillsItsWholeSession()
    {
        var lines = new ConcurrentQueue<string>();
        var child = await StartAsync(lines, "trap '' TERM; sleep 1000 & echo $!; wait; wait");
        await Eventually.Async(() => lines.Count == 1);
        var grandchild = int.Parse(lines.Single(), System.Globalization.CultureInfo.InvariantCulture);

        var code = await child.StopAsync(Native.SIGTERM, TimeSpan.FromMilliseconds(50));

        Assert.Equal(128 + Native.SIGKILL, code);
        await Eventually.Async(() => ProcessTable.StartTime(grandchild) is null);
    }

    [Fact]
    public async Task Output_OfALineWithoutEnd_IsCutIntoPieces()
    {
        var lines = new ConcurrentQueue<string>();
        var child = await StartAsync(lines, $"head -c {LinePump.MaxLineLength + 10} /dev/zero | tr '\\0' x; echo; echo last");
        await child.Exited.WaitAsync(Eventually.DefaultDeadline);

        await Eventually.Async(() => lines.Count == 3);
        Assert.Equal([LinePump.MaxLineLength, 10, 4], lines.Select(line => line.Length));
    }

    [Fact]
    public async Task Environment_OfTheChild_LacksWhatIsNotInherited()
    {
        Environment.SetEnvironmentVariable("CHILD_TEST_SECRET", "x");
        var lines = new ConcurrentQueue<string>();
        var child = await StartAsync(lines, "echo [$CHILD_TEST_SECRET] [$GIVEN]", "CHILD_TEST_*");
        await child.Exited.WaitAsync(Eventually.DefaultDeadline);

        await Eventually.Async(() => lines.Count == 1);
        Assert.Equal("[] [yes]", lines.Single());
    }

    private static Task<ChildProcess> StartAsync(ConcurrentQueue<string> lines, string script, params string[] notInherited) => ChildProcess.StartAsync(new ChildProcessOptions
    {
        FileName = "sh",
        Arguments = ["-c", script],
        NotInherited = notInherited,
        Environment = new Dictionary<string, string?> { ["GIVEN"] = "yes" },
        OnLine = (line, _) => lines.Enqueue(line),
    });
}
