using ManagedOAuth.ServiceDefaults.Startup;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.Store;

/// <summary>
/// Makes read models anew from the events where an operator asks for it by the setting <c>Projections:Rebuild</c> (<c>all</c>, or names with commas between).
/// The service serves meanwhile, here and in other replicas.
/// </summary>
internal sealed partial class ReadModelRebuild : BackgroundService
{
    private const string Setting = "Projections:Rebuild";
    private const string All = "all";
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    private readonly IReadOnlyList<string> _names;
    private readonly IDocumentStore _store;
    private readonly IReadOnlyList<IReadModel> _models;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    /// <exception cref="StartupRefusedException">There is no read model of such a name.</exception>
    public ReadModelRebuild(IConfiguration configuration, IDocumentStore store, IEnumerable<IReadModel> models, TimeProvider clock, ILogger<ReadModelRebuild> logger)
    {
        (_store, _models, _clock, _logger) = (store, [.. models], clock, logger);
        string[] known = [.. store.Advanced.ProjectionNames, .. _models.Select(model => model.Name)];
        var asked = (configuration[Setting] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (asked.FirstOrDefault(name => name != All && !known.Contains(name)) is { } unknown)
        {
            throw new StartupRefusedException($"{Setting}: there is no read model '{unknown}'; there are {string.Join(", ", known)}, or all of them by '{All}'.");
        }

        _names = asked.Contains(All) ? known : asked;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var name in _names)
        {
            while (!await TryAsync(name, stoppingToken))
            {
                await Task.Delay(s_pause, _clock, stoppingToken);
            }
        }
    }

    private async Task<bool> TryAsync(string name, CancellationToken stopping)
    {
        var began = _clock.GetTimestamp();
        try
        {
            await (_models.FirstOrDefault(model => model.Name == name)?.RebuildAsync(stopping) ?? _store.Advanced.RebuildProjectionAsync(name, stopping));
            LogRebuilt(_logger, name, _clock.GetElapsedTime(began).TotalSeconds);
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && !stopping.IsCancellationRequested)
        {
            // Protects the rest: a database that is away comes back, and beginning again does no harm.
            LogFailed(_logger, name, exception.GetType().Name, exception.Message);
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{ReadModel} was rebuilt from the events in {Seconds:0.0} s.", EventName = "ReadModelRebuilt")]
    private static partial void LogRebuilt(ILogger logger, string readModel, double seconds);

    [LoggerMessage(2, LogLevel.Warning, "{ReadModel} could not be rebuilt, it is tried again: {Error}: {Message}", EventName = "ReadModelRebuildFailed")]
    private static partial void LogFailed(ILogger logger, string readModel, string error, string message);
}
