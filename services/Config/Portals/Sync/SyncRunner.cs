using System.Collections.Concurrent;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;
using Marten;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary>
/// Reads servers when they are due: new ones and those with another address or credential at once, all of them every two hours. Every replica
/// runs it; who takes a server first reads it.
/// </summary>
public sealed partial class SyncRunner(ConfigurationLog log, ServerSync sync, McpServerStatuses statuses, IDocumentStore store, TimeProvider clock, ILogger<SyncRunner> logger) : BackgroundService
{
    private const int AtOnce = 8;
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, Task> _running = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (log.Loaded && log.Current.Snapshot.McpServers.Count > 0)
                {
                    await using var session = store.QuerySession();
                    await statuses.ReadAsync(session, stoppingToken);
                    Begin(stoppingToken);
                }
            }
#pragma warning disable CA1031 // Protects the loop: a database that is away is there again later.
            catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.Failed(logger, failed, "all");
            }
            catch (OperationCanceledException)
            {
                break;
            }

            await Task.Delay(s_tick, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(_running.Values);
    }

    private void Begin(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        foreach (var server in log.Current.Snapshot.McpServers.Values.Where(server => SyncRules.IsDue(server, statuses.Of(server.Id), now) && !_running.ContainsKey(server.Id)).Take(AtOnce - _running.Count))
        {
            _running[server.Id] = Task.Run(() => ReadAsync(server, ct), CancellationToken.None);
        }
    }

    private async Task ReadAsync(McpServer server, CancellationToken ct)
    {
        try
        {
            await sync.RunAsync(server, isAsked: false, ct);
        }
#pragma warning disable CA1031 // One server that cannot be read or saved now must not keep the others waiting; its lease ends by itself.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            if (!ct.IsCancellationRequested)
            {
                Log.Failed(logger, failed, server.ServerId);
            }
        }
        finally
        {
            _running.TryRemove(server.Id, out _);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Reading MCP servers failed ({Server}); it is tried again", EventName = "McpSyncFailed")]
        public static partial void Failed(ILogger logger, Exception exception, string server);
    }
}
