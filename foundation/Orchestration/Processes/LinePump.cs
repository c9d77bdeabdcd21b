namespace Aspire.Hosting.Processes;

/// <summary>Reads a child's output line by line. A line longer than the limit is cut into pieces: no child can fill the host's memory.</summary>
internal static class LinePump
{
    public const int MaxLineLength = 8 * 1024;

    public static void Start(StreamReader reader, Action<string> onLine) => _ = Task.Run(() => PumpAsync(reader, onLine));

    private static async Task PumpAsync(StreamReader reader, Action<string> onLine)
    {
        var buffer = new char[MaxLineLength];
        var used = 0;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(buffer.AsMemory(used)).ConfigureAwait(false);
                var end = used + read;
                var start = 0;
                for (var i = used; i < end; i++)
                {
                    if (buffer[i] == '\n')
                    {
                        onLine(new string(buffer, start, i - start).TrimEnd('\r'));
                        start = i + 1;
                    }
                }
                used = end - start;
                if (used > 0 && (read == 0 || used == buffer.Length))
                {
                    onLine(new string(buffer, start, used));
                    used = 0;
                }
                else
                {
                    buffer.AsSpan(start, used).CopyTo(buffer);
                }
                if (read == 0)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The process ended and its pipe with it: what was read has been delivered.
        }
    }
}
