using System.Globalization;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>Times in words.</summary>
public static class Moments
{
    /// <summary>A time of the admin API (RFC 3339); null when there is none.</summary>
    public static DateTimeOffset? Parse(string text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary><c>2026-03-20 14:05:09 UTC</c></summary>
    public static string Exact(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>What a browser's field for a time shows, in UTC; what is no time stays as it is.</summary>
    public static string Field(string text) => Parse(text) is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) : text;

    /// <summary><c>5 minutes ago</c>, <c>in 2 days</c>, <c>just now</c>.</summary>
    public static string Relative(DateTimeOffset at, DateTimeOffset now)
    {
        var distance = (at - now).Duration();
        if (distance < TimeSpan.FromSeconds(10))
        {
            return "just now";
        }

        var text = distance switch
        {
            { TotalSeconds: < 60 } => Count((int)distance.TotalSeconds, "second"),
            { TotalMinutes: < 60 } => Count((int)distance.TotalMinutes, "minute"),
            { TotalHours: < 36 } => Count((int)Math.Round(distance.TotalHours), "hour"),
            { TotalDays: < 60 } => Count((int)Math.Round(distance.TotalDays), "day"),
            { TotalDays: < 700 } => Count((int)Math.Round(distance.TotalDays / 30.4), "month"),
            _ => Count((int)Math.Round(distance.TotalDays / 365.2), "year"),
        };
        return at > now ? $"in {text}" : $"{text} ago";
    }

    /// <summary><c>1 grant</c>, <c>3 grants</c>, <c>2 policies</c>.</summary>
    public static string Count(long number, string noun)
    {
        ArgumentNullException.ThrowIfNull(noun);
        var plural = noun.EndsWith('y') && !noun.EndsWith("ay", StringComparison.Ordinal) ? noun[..^1] + "ies" : noun + "s";
        return string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? noun : plural)}");
    }
}
