using System.Diagnostics.Metrics;
using System.Text.Json;
using ManagedOAuth.Config.ServiceTokens;
using Marten;

namespace ManagedOAuth.Config.Portals.Alerts;

/// <summary>Counts, once a minute, the alerts that nobody has acknowledged and whose cause is still there, as a gauge by kind to alarm on. Every replica tells the same.</summary>
public sealed partial class AlertWatch : BackgroundService
{
    /// <summary>Name of the gauge.</summary>
    public const string GaugeName = "managedoauth.config.mcp.alerts";

    private const int MostCounted = 10_000;

    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);
    private readonly IDocumentStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger<AlertWatch> _logger;

    private volatile IReadOnlyDictionary<McpAlertKind, int> _open = new Dictionary<McpAlertKind, int>();

    public AlertWatch(IDocumentStore store, TimeProvider clock, IMeterFactory meters, ILogger<AlertWatch> logger)
    {
        ArgumentNullException.ThrowIfNull(meters);
        (_store, _clock, _logger) = (store, clock, logger);
        meters.Create(ExpiryWatch.MeterName).CreateObservableGauge(GaugeName, Measure, description: "Alerts about MCP servers that are open and that nobody has acknowledged, by kind.");
    }

    /// <summary>Counts now.</summary>
    public async Task CountAsync(CancellationToken ct)
    {
        await using var session = _store.QuerySession();
        var open = await session.QueryAsync<McpAlert>($"where d.data ->> 'resolvedAt' is null and d.data ->> 'acknowledgedAt' is null order by id limit {MostCounted}", ct);
        _open = open.CountBy(alert => alert.Kind).ToDictionary();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await CountAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Protects the loop: a database that is away is there again later, and the last count stands until then.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                Log.Failed(_logger, failed);
            }

            await Task.Delay(s_period, _clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Kinds without an alert are told too: a gauge that is silent would alarm nobody, and end no alarm.
    private IEnumerable<Measurement<int>> Measure()
    {
        var open = _open;
        return Enum.GetValues<McpAlertKind>().Select(kind => new Measurement<int>(open.GetValueOrDefault(kind), KeyValuePair.Create("kind", (object?)JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()))));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The open alerts about MCP servers could not be counted; trying again in a minute", EventName = "McpAlertsNotCounted")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
