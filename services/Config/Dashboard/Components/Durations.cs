using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>Durations in words.</summary>
public static class Durations
{
    /// <summary><c>336h</c> -> <c>14 days</c>; what cannot be read is shown as it is.</summary>
    public static string Words(string duration)
        => !GoDuration.TryParse(duration, out var length) ? duration : length switch
        {
            { Ticks: 0 } => "none",
            { TotalDays: >= 2 } when length.Ticks % TimeSpan.TicksPerDay == 0 => Moments.Count((long)length.TotalDays, "day"),
            { TotalHours: >= 1 } when length.Ticks % TimeSpan.TicksPerHour == 0 => Moments.Count((long)length.TotalHours, "hour"),
            { TotalMinutes: >= 1 } when length.Ticks % TimeSpan.TicksPerMinute == 0 => Moments.Count((long)length.TotalMinutes, "minute"),
            { TotalSeconds: >= 1 } when length.Ticks % TimeSpan.TicksPerSecond == 0 => Moments.Count((long)length.TotalSeconds, "second"),
            _ => duration,
        };
}
