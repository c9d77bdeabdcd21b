using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.ServiceDefaults.Logging;

/// <summary>
/// One record per line, as text for people or as JSON for machines (<see cref="ServiceConsoleOptions.Format"/>), always
/// redacted and safe against injected line ends. Carries the trace id, so that a line leads to its trace and its events.
/// </summary>
public sealed class ServiceConsoleFormatter(IOptions<ServiceConsoleOptions> options, TimeProvider clock)
    : ConsoleFormatter(FormatterName)
{
    /// <summary>The name under which the console finds this formatter.</summary>
    public const string FormatterName = "managedoauth";

    private static readonly JsonWriterOptions s_writer = new() { SkipValidation = true };
    private readonly bool _json = options.Value.Format == ConsoleFormat.Json;

    /// <inheritdoc />
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        ArgumentNullException.ThrowIfNull(textWriter);
        var message = LogText.Line(logEntry.Formatter(logEntry.State, logEntry.Exception));
        var time = clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        if (_json)
        {
            textWriter.WriteLine(Json(logEntry, time, message));
        }
        else
        {
            WriteText(logEntry, time, message, textWriter);
        }
    }

    private static void WriteText<TState>(in LogEntry<TState> entry, string time, string message, TextWriter writer)
    {
        writer.Write($"{time} {Level(entry.LogLevel)} {entry.Category}: {message}");
        if (Activity.Current is { } activity)
        {
            writer.Write($" trace={activity.TraceId}");
        }

        writer.WriteLine();
        if (entry.Exception is not null)
        {
            // Continuation lines are indented, so text inside an exception cannot pass for a record of its own.
            foreach (var line in entry.Exception.ToString().Split('\n').Take(200))
            {
                writer.WriteLine($"      {LogText.Line(line.TrimEnd('\r'))}");
            }
        }
    }

    private static string Json<TState>(in LogEntry<TState> entry, string time, string message)
    {
        using var buffer = new MemoryStream(512);
        using (var json = new Utf8JsonWriter(buffer, s_writer))
        {
            json.WriteStartObject();
            json.WriteString("time", time);
            json.WriteString("level", Level(entry.LogLevel));
            json.WriteString("category", entry.Category);
            if (entry.EventId.Name is { Length: > 0 } name)
            {
                json.WriteString("event", name);
            }

            json.WriteString("message", message);
            if (Activity.Current is { } activity)
            {
                json.WriteString("trace", activity.TraceId.ToHexString());
            }

            WriteValues(json, entry.State);
            if (entry.Exception is not null)
            {
                json.WriteString("exception", LogText.Line(entry.Exception.ToString(), LogText.MaximumExceptionLength));
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteValues<TState>(Utf8JsonWriter json, TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> { Count: > 1 } values)
        {
            return;
        }

        json.WriteStartObject("values");
        foreach (var (key, value) in values)
        {
            if (key != "{OriginalFormat}")
            {
                json.WriteString(key, LogText.Line(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
            }
        }

        json.WriteEndObject();
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
