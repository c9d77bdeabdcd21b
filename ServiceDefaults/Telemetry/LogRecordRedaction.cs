using System.Globalization;
using ManagedOAuth.ServiceDefaults.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace ManagedOAuth.ServiceDefaults.Telemetry;

/// <summary>What the console formatter does for its lines, for the records that go to the collector.</summary>
internal sealed class LogRecordRedaction : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (data.FormattedMessage is { } message)
        {
            data.FormattedMessage = LogText.Line(message);
        }

        if (data.Body is { } body)
        {
            data.Body = LogText.Line(body);
        }

        var attributes = new List<KeyValuePair<string, object?>>((data.Attributes?.Count ?? 0) + 3);
        foreach (var (name, value) in data.Attributes ?? [])
        {
            attributes.Add(new(name, Safe(value)));
        }

        if (data.Exception is { } exception)
        {
            // The exporter would read the exception itself, so its text goes along as attributes and the object does not.
            attributes.Add(new("exception.type", exception.GetType().FullName));
            attributes.Add(new("exception.message", LogText.Line(exception.Message)));
            attributes.Add(new("exception.stacktrace", LogText.Line(exception.ToString(), LogText.MaximumExceptionLength)));
            data.Exception = null;
        }

        data.Attributes = attributes;
    }

    private static object? Safe(object? value) => value switch
    {
        null or bool or int or long or double => value,
        string text => LogText.Line(text),
        _ => LogText.Line(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };
}
