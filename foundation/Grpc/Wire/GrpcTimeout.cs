using System.Globalization;

namespace Grpc.Wire;

/// <summary>The <c>grpc-timeout</c> header: at most eight digits and a unit (H, M, S, m, u, n).</summary>
internal static class GrpcTimeout
{
    public const string Header = "grpc-timeout";

    /// <summary>The largest value of the coarsest unit that is used, a little over three years.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(MaxValue);

    private const long MaxValue = 99_999_999;

    /// <summary>Rounds up, so that the server never gives up before the client; a past deadline is one nanosecond.</summary>
    public static string Encode(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "1n";
        }

        var milliseconds = (long)Math.Ceiling(timeout.TotalMilliseconds);
        var (value, unit) = milliseconds <= MaxValue && milliseconds % 1000 != 0
            ? (milliseconds, 'm')
            : (Math.Min((milliseconds + 999) / 1000, MaxValue), 'S');
        return string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
    }

    /// <summary>False for anything that is not exactly one to eight digits and a unit, and for zero.</summary>
    public static bool TryDecode(string? header, out TimeSpan timeout)
    {
        timeout = default;
        if (header is not { Length: >= 2 and <= 9 }
            || !long.TryParse(header.AsSpan(0, header.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            || value == 0)
        {
            return false;
        }

        // A tick is 100 ns: what is shorter counts as one tick.
        var ticks = header[^1] switch
        {
            'H' => value * TimeSpan.TicksPerHour,
            'M' => value * TimeSpan.TicksPerMinute,
            'S' => value * TimeSpan.TicksPerSecond,
            'm' => value * TimeSpan.TicksPerMillisecond,
            'u' => value * TimeSpan.TicksPerMicrosecond,
            'n' => Math.Max(1, value / TimeSpan.NanosecondsPerTick),
            _ => 0,
        };
        timeout = TimeSpan.FromTicks(Math.Min(ticks, Max.Ticks));
        return ticks > 0;
    }
}
