using System.Collections.Concurrent;
using ManagedOAuth.Contracts.EdgeFigures;
using ManagedOAuth.Edge.Credentials;

namespace ManagedOAuth.Edge.Telemetry;

/// <summary>
/// Counts requests by application and minute, and tells Config, for the overview of the dashboard. A request only adds one in memory; a minute
/// that Config could not be told in time is forgotten. These are figures to look at: what is measured and alarmed on are the metrics.
/// </summary>
internal sealed class RequestFigures(EdgeFigures.EdgeFiguresClient config, TimeProvider clock, ILogger<RequestFigures> logger)
    : PeriodicReports("The figures of requests", TimeSpan.FromSeconds(10), clock, logger)
{
    private const int MostMinutes = 5;
    private const int MostApplications = 1000;

    private readonly string _edge = $"{Environment.MachineName[..Math.Min(60, Environment.MachineName.Length)]}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly ConcurrentDictionary<(long Minute, Guid Application), Counts> _counts = new();

    public void Allowed(Guid application) => Interlocked.Increment(ref Of(application).Allowed);

    public void Refused(Guid application) => Interlocked.Increment(ref Of(application).Refused);

    /// <summary>Nobody has signed in yet, or what was shown does not count.</summary>
    public void NotAllowed(Guid application, CredentialProblem problem)
    {
        if (problem == CredentialProblem.Missing)
        {
            Interlocked.Increment(ref Of(application).Challenged);
        }
        else
        {
            Refused(application);
        }
    }

    /// <summary>What is to be told now; forgets minutes that are too old to be told.</summary>
    public FiguresReport Collect()
    {
        var oldest = Minute() - MostMinutes;
        foreach (var key in _counts.Keys.Where(key => key.Minute <= oldest))
        {
            _counts.TryRemove(key, out _);
        }

        var report = new FiguresReport { Edge = _edge };
        foreach (var minute in _counts.GroupBy(entry => entry.Key.Minute).OrderBy(minute => minute.Key))
        {
            var busiest = minute.OrderByDescending(entry => entry.Value.Total).ToList();
            var told = new MinuteFigures { Minute = minute.Key };
            told.Applications.AddRange(busiest.Take(MostApplications - 1).Select(entry => Show(entry.Key.Application.ToString(), [entry.Value])));
            if (busiest.Count >= MostApplications)
            {
                told.Applications.Add(Show("", [.. busiest.Skip(MostApplications - 1).Select(entry => entry.Value)]));
            }

            report.Minutes.Add(told);
        }

        return report;
    }

    protected override async Task ReportAsync(DateTime deadline, CancellationToken cancellation)
    {
        var report = Collect();
        if (report.Minutes.Count == 0)
        {
            return;
        }

        await config.ReportAsync(report, deadline: deadline, cancellationToken: cancellation);

        // A minute that is over, and a moment more for requests that had just looked at the clock, does not change any more.
        var over = Minute() - 1;
        foreach (var key in _counts.Keys.Where(key => key.Minute < over))
        {
            _counts.TryRemove(key, out _);
        }
    }

    private static ApplicationFigures Show(string application, IReadOnlyList<Counts> counts) => new()
    {
        ApplicationId = application,
        Allowed = counts.Sum(count => Interlocked.Read(ref count.Allowed)),
        Challenged = counts.Sum(count => Interlocked.Read(ref count.Challenged)),
        Refused = counts.Sum(count => Interlocked.Read(ref count.Refused)),
    };

    private Counts Of(Guid application) => _counts.GetOrAdd((Minute(), application), static _ => new Counts());

    private long Minute() => Clock.GetUtcNow().ToUnixTimeSeconds() / 60;

    private sealed class Counts
    {
        public long Allowed;
        public long Challenged;
        public long Refused;

        public long Total => Interlocked.Read(ref Allowed) + Interlocked.Read(ref Challenged) + Interlocked.Read(ref Refused);
    }
}
