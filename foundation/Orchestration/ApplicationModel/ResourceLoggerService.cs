using System.Collections.Concurrent;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A line that a replica wrote.</summary>
public sealed record LogLine(DateTimeOffset Time, string Text, bool IsError);

/// <summary>The last lines of every replica, and the host's terminal: each line with the replica's name in its colour.</summary>
public sealed class ResourceLoggerService(TimeProvider clock)
{
    /// <summary>How many lines are kept for each replica.</summary>
    public const int Capacity = 1000;

    private static readonly int[] s_colours = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];
    private readonly ConcurrentDictionary<string, Source> _sources = new();
    private readonly Lock _terminal = new();
    private readonly bool _coloured = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;

    /// <summary>Where lines go besides the memory; a test may take them.</summary>
    public TextWriter Output { get; set; } = Console.Out;

    /// <summary>The lines kept of a replica, oldest first.</summary>
    public IReadOnlyList<LogLine> GetLines(string resourceId)
    {
        if (!_sources.TryGetValue(resourceId, out var source))
        {
            return [];
        }
        lock (source.Lines)
        {
            return [.. source.Lines];
        }
    }

    /// <summary>Records a line. Control characters are taken out: what a request put into a log must not steer a terminal.</summary>
    public void Write(string resourceId, string text, bool isError = false)
    {
        var source = _sources.GetOrAdd(resourceId, (_, colours) => new Source(colours[_sources.Count % colours.Length]), s_colours);
        var line = new LogLine(clock.GetUtcNow(), Clean(text), isError);
        lock (source.Lines)
        {
            if (source.Lines.Count == Capacity)
            {
                source.Lines.Dequeue();
            }
            source.Lines.Enqueue(line);
        }
        lock (_terminal)
        {
            Output.WriteLine(_coloured ? $"\e[{source.Colour}m{resourceId,-22}\e[0m {line.Text}" : $"{resourceId,-22} {line.Text}");
        }
    }

    /// <summary>Writes lines of the host itself, without a name.</summary>
    public void WriteHost(string text)
    {
        lock (_terminal)
        {
            Output.WriteLine(text);
        }
    }

    private static string Clean(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\e' && i + 1 < text.Length && text[i + 1] == '[')
            {
                for (i += 2; i < text.Length && text[i] is < '@' or > '~'; i++)
                {
                }
            }
            else if (text[i] == '\t' || !char.IsControl(text[i]))
            {
                clean.Append(text[i]);
            }
        }
        return clean.ToString();
    }

    private sealed record Source(int Colour)
    {
        public Queue<LogLine> Lines { get; } = new();
    }
}
