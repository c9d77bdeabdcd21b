using System.ComponentModel;
using System.Text;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Provisioning;

/// <summary>Runs a program to its end.</summary>
internal static class Command
{
    /// <returns>Exit code and output; code 127 when the program is not there, 124 when it took too long (it is killed then).</returns>
    public static async Task<(int Code, string Output)> RunAsync(TimeSpan limit, Action<string>? onLine, IReadOnlyDictionary<string, string?> environment, params string[] command)
    {
        var output = new StringBuilder();
        try
        {
            var process = await ChildProcess.StartAsync(new ChildProcessOptions
            {
                FileName = command[0],
                Arguments = command[1..],
                Environment = environment,
                OnLine = (line, _) =>
                {
                    lock (output)
                    {
                        if (output.Length < 64 * 1024)
                        {
                            output.AppendLine(line);
                        }
                    }
                    onLine?.Invoke(line);
                },
            }).ConfigureAwait(false);
            if (await Task.WhenAny(process.Exited, Task.Delay(limit)).ConfigureAwait(false) != process.Exited)
            {
                await process.StopAsync(Native.SIGKILL, TimeSpan.Zero).ConfigureAwait(false);
                return (124, $"no end within {limit.TotalSeconds:0} s");
            }
            var code = await process.Exited.ConfigureAwait(false);
            lock (output)
            {
                return (code, output.ToString());
            }
        }
        catch (Win32Exception e)
        {
            return (127, e.Message);
        }
    }

    public static Task<(int Code, string Output)> RunAsync(TimeSpan limit, params string[] command) => RunAsync(limit, null, new Dictionary<string, string?>(), command);
}
