using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.ServiceTokens;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>
/// Tells Config when service tokens were used, to the minute. Requests only note it; what Config does not take now is told with the next report.
/// </summary>
internal sealed class ServiceTokenUses(ServiceTokenSightings.ServiceTokenSightingsClient config, TimeProvider clock, ILogger<ServiceTokenUses> logger)
    : PeriodicReports("The uses of service tokens", TimeSpan.FromSeconds(15), clock, logger)
{
    private const int MostAtOnce = 1000;
    private static readonly TimeSpan s_coarseness = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _told = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _untold = new();

    /// <summary>The token let a request in now.</summary>
    public void Note(Guid token)
    {
        var now = Clock.GetUtcNow();
        if (!_told.TryGetValue(token, out var told) || now - told > s_coarseness)
        {
            _untold[token] = now;
        }
    }

    protected override async Task ReportAsync(DateTime deadline, CancellationToken cancellation)
    {
        var sightings = _untold.Take(MostAtOnce).ToList();
        if (sightings.Count == 0)
        {
            return;
        }

        var report = new SightingsReport();
        report.Sightings.AddRange(sightings.Select(seen => new Sighting { ServiceTokenId = seen.Key.ToString(), At = seen.Value.ToTimestamp() }));
        await config.ReportAsync(report, deadline: deadline, cancellationToken: cancellation);
        foreach (var seen in sightings)
        {
            _told[seen.Key] = seen.Value;
            _untold.TryRemove(seen);
        }
    }
}
