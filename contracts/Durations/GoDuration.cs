using System.Globalization;
using System.Text;

namespace ManagedOAuth.Contracts.Durations;

/// <summary>
/// Durations in the syntax of Go's <c>time.ParseDuration</c>, which the admin API uses: <c>15m</c>, <c>1h30m</c>, <c>300ms</c>.
/// Negative values, spaces, digits outside ASCII and anything above <see cref="Maximum"/> are refused.
/// </summary>
public static class GoDuration
{
    /// <summary>The longest duration that is read: 100 years, far above every setting's own limit and far below overflow.</summary>
    public static readonly TimeSpan Maximum = TimeSpan.FromDays(36_525);

    private static readonly (string Unit, double Ticks)[] s_units =
    [
        ("ns", 0.01), ("us", 10), ("µs", 10), ("μs", 10), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>Reads a duration; false when the text is not exactly one or more <c>number unit</c> pairs.</summary>
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = default;
        if (string.IsNullOrEmpty(text) || text.Length > 40)
        {
            return false;
        }

        if (text == "0")
        {
            return true;
        }

        var rest = text.AsSpan();
        var ticks = 0d;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            rest = rest[digits..];
            var length = rest.IndexOfAny("0123456789.");
            var unit = length < 0 ? rest : rest[..length];
            var factor = FactorOf(unit);
            if (factor is null)
            {
                return false;
            }

            ticks += number * factor.Value;
            rest = rest[unit.Length..];
        }

        if (ticks > Maximum.Ticks)
        {
            return false;
        }

        value = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>Reads a duration that has been validated when it was stored.</summary>
    /// <exception cref="FormatException">The text is no duration.</exception>
    public static TimeSpan Parse(string text)
        => TryParse(text, out var value) ? value : throw new FormatException($"'{text}' is not a duration such as 15m, 24h or 1h30m.");

    /// <summary>Writes a duration with the largest whole units: 90 minutes is <c>1h30m</c>.</summary>
    public static string Format(TimeSpan value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }

        var text = new StringBuilder();
        Append(text, (long)value.TotalHours, "h");
        Append(text, value.Minutes, "m");
        Append(text, value.Seconds, "s");
        Append(text, value.Milliseconds, "ms");
        return text.Length == 0 ? "0s" : text.ToString();
    }

    private static void Append(StringBuilder text, long number, string unit)
    {
        if (number > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{number}{unit}");
        }
    }

    private static double? FactorOf(ReadOnlySpan<char> unit)
    {
        foreach (var (name, ticks) in s_units)
        {
            if (unit.SequenceEqual(name))
            {
                return ticks;
            }
        }

        return null;
    }
}
