using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.ServiceTokens;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>
/// Tells Config when service tokens were used, to the minute. Requests only note it; what Config does not take now is told with the next report.
/// </summary>
internal sealed partial class ServiceTokenUses(ServiceTokenSightings.ServiceTokenSightingsClient config, TimeProvider clock, ILogger<ServiceTokenUses> logger) : BackgroundService
{
    private const int MostAtOnce = 1000;
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_coarseness = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _told = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _untold = new();

    /// <summary>The token let a request in now.</summary>
    public void Note(Guid token)
    {
        var now = clock.GetUtcNow();
        if (!_told.TryGetValue(token, out var told) || now - told > s_coarseness)
        {
            _untold[token] = now;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(s_period, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await ReportAsync(stoppingToken);
            }
            catch (RpcException failure)
            {
                // Protects the loop: Config is away, the times wait.
                Log.NotTold(logger, failure.StatusCode);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task ReportAsync(CancellationToken cancellation)
    {
        var sightings = _untold.Take(MostAtOnce).ToList();
        if (sightings.Count == 0)
        {
            return;
        }

        var report = new SightingsReport();
        report.Sightings.AddRange(sightings.Select(seen => new Sighting { ServiceTokenId = seen.Key.ToString(), At = seen.Value.ToTimestamp() }));
        await config.ReportAsync(report, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: cancellation);
        foreach (var seen in sightings)
        {
            _told[seen.Key] = seen.Value;
            _untold.TryRemove(seen);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The uses of service tokens could not be told: {Status}", EventName = "UsesNotTold")]
        public static partial void NotTold(ILogger logger, StatusCode status);
    }
}
