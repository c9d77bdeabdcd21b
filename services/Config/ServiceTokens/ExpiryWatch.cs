using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ManagedOAuth.Config.Feed;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>
/// Tells operators of service tokens that end within a week: a warning for each, once in each process, and a gauge to alarm on. Every replica does it;
/// nothing is changed.
/// </summary>
public sealed partial class ExpiryWatch : BackgroundService
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "ManagedOAuth.Config";

    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<(Guid Token, DateTimeOffset? End), bool> _told = new();
    private readonly ConfigurationLog _log;
    private readonly TimeProvider _clock;
    private readonly ILogger<ExpiryWatch> _logger;

    public ExpiryWatch(ConfigurationLog log, TimeProvider clock, IMeterFactory meters, ILogger<ExpiryWatch> logger)
    {
        ArgumentNullException.ThrowIfNull(meters);
        (_log, _clock, _logger) = (log, clock, logger);
        meters.Create(MeterName).CreateObservableGauge(
            "managedoauth.config.service_tokens.expiring", () => ExpiringTokens.Of(_log.Current.Snapshot, _clock.GetUtcNow()).Count, description: "Enabled service tokens that end within seven days.");
    }

    /// <summary>Warns of what has not been warned of yet; returns of how many.</summary>
    public int Tell()
    {
        var now = _clock.GetUtcNow();
        var expiring = ExpiringTokens.Of(_log.Current.Snapshot, now);
        var told = 0;
        foreach (var token in expiring.Where(token => _told.TryAdd((token.Id, token.ExpiresAt), true)))
        {
            Log.ExpiresSoon(_logger, token.Id, token.Name, token.ExpiresAt!.Value);
            told++;
        }

        // What was extended, removed or is over is not kept.
        foreach (var known in _told.Keys.Except(expiring.Select(token => (token.Id, token.ExpiresAt))))
        {
            _told.TryRemove(known, out _);
        }

        return told;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            Tell();
            await Task.Delay(s_period, _clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Service token {Token} ({Name}) expires at {End}: extend it, or its machines are shut out", EventName = "ServiceTokenExpiresSoon")]
        public static partial void ExpiresSoon(ILogger logger, Guid token, string name, DateTimeOffset end);
    }
}
