using System.Diagnostics;
using ManagedOAuth.ServiceDefaults.Logging;
using OpenTelemetry;

namespace ManagedOAuth.ServiceDefaults.Telemetry;

/// <summary>Keeps query strings and secrets out of exported spans, whoever put them there.</summary>
internal sealed class SpanRedaction : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        data.DisplayName = SecretRedactor.Redact(data.DisplayName);
        foreach (var (name, value) in data.EnumerateTagObjects())
        {
            if (name == "url.query")
            {
                data.SetTag(name, null);
            }
            else if (value is string text)
            {
                var safe = SecretRedactor.Redact(WithoutQuery(name, text));
                if (!ReferenceEquals(safe, text))
                {
                    data.SetTag(name, safe);
                }
            }
        }

        // Events of a span cannot be changed any more. One that holds a secret costs the whole span.
        foreach (var recorded in data.EnumerateEvents())
        {
            foreach (var (_, value) in recorded.EnumerateTagObjects())
            {
                if (value is string text && !ReferenceEquals(SecretRedactor.Redact(text), text))
                {
                    data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
                    return;
                }
            }
        }
    }

    private static string WithoutQuery(string name, string value)
    {
        if (name is not ("url.full" or "http.url" or "http.target"))
        {
            return value;
        }

        var query = value.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? value : value[..query];
    }
}
