using System.Diagnostics;
using ManagedOAuth.Benchmarks.V1;

namespace ManagedOAuth.Benchmarks;

/// <summary>Callers that each wait for an answer before they ask again.</summary>
internal static class Load
{
    public static async Task<(long Calls, double[] Latencies)> RunAsync(Pinger.PingerClient client, int callers, TimeSpan duration)
    {
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var results = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var calls = 0L;
            List<double> latencies = [];
            for (long now; (now = Stopwatch.GetTimestamp()) < end; calls++)
            {
                var reply = await client.PingAsync(new PingMessage { Text = "a line of text", Number = calls });
                if (reply.Number != calls)
                {
                    throw new InvalidOperationException("Wrong answer.");
                }

                if (calls % 16 == 0)
                {
                    latencies.Add(Stopwatch.GetElapsedTime(now).TotalMilliseconds);
                }
            }

            return (calls, latencies);
        })));
        return (results.Sum(r => r.calls), [.. results.SelectMany(r => r.latencies)]);
    }
}
