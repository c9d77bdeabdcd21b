using System.Collections.Concurrent;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.ServiceDefaults.Snapshots;
using ManagedOAuth.ServiceDefaults.Startup;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>
/// Renews logins that nobody has used for a while, so that their refresh tokens do not end by idleness, and so that somebody is told of those that are over
/// before the next call finds it out. A round every five minutes, by one replica, of 500 logins at most; an authorization server that does not answer is left
/// alone until the next one; one that refuses a login is asked for the others.
/// </summary>
public sealed partial class UpstreamRenewals(
    UpstreamLoginReader reader, SealedTokens seal, UpstreamRefresher refresher, IConfigurationSnapshots snapshots, IHotStore store, IOptions<UpstreamRenewalOptions> options, StartupGate gate, TimeProvider clock,
    ILogger<UpstreamRenewals> logger) : BackgroundService
{
    private const int Batch = 500;
    private const int AtOnce = 4;
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(5);

    // Each takes seconds at most; what is left is for the next round.
    private static readonly TimeSpan s_round = TimeSpan.FromMinutes(4);

    // Who has an older configuration would ask for a server that is another one by now.
    private static readonly TimeSpan s_current = TimeSpan.FromMinutes(1);
    private Guid _after;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Left == TimeSpan.Zero)
        {
            return;
        }

        try
        {
            await gate.WaitAsync(stoppingToken);
            while (true)
            {
                // Replicas that were started together do not ask together.
                await Task.Delay(s_period + (TimeSpan.FromSeconds(10) * Random.Shared.NextDouble()), clock, stoppingToken);
                await RunInTurnAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task RunInTurnAsync(CancellationToken cancellation)
    {
        try
        {
            if (await store.SetIfAbsentAsync("upstream-renewals", "1"u8.ToArray(), s_round, cancellation))
            {
                await RunAsync(cancellation);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && !cancellation.IsCancellationRequested)
        {
            // Protects the loop: a database or a Redis that is away is there again later.
            Log.Failed(logger, exception.GetType().Name, exception.Message);
        }
    }

    /// <summary>One round, which begins where the last one ended; returns how many were renewed.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (!snapshots.IsLoaded || snapshots.Staleness > s_current)
        {
            return 0;
        }

        var now = clock.GetUtcNow();
        var left = options.Value.Left;
        var idle = await reader.IdleAsync(now - left, now + left, now - options.Value.Kept, _after, Batch, cancellation);
        _after = idle.Count == Batch ? idle[^1].Id : Guid.Empty;
        var (renewed, over) = (0, 0);
        var silent = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_round);
        await Parallel.ForEachAsync(idle, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = CancellationToken.None }, async (login, _) =>
        {
            if (deadline.IsCancellationRequested || silent.ContainsKey(login.TokenEndpoint))
            {
                return;
            }

            switch (await RenewAsync(login, now, silent))
            {
                case { Stale: null }:
                    Interlocked.Increment(ref renewed);
                    break;
                case not null:
                    Interlocked.Increment(ref over);
                    break;
            }
        });
        if (renewed + over + silent.Count > 0)
        {
            Log.Renewed(logger, renewed, over, silent.Count);
        }

        return renewed;
    }

    // The login as it is then; null = nothing was done.
    private async Task<UpstreamLogin?> RenewAsync(UpstreamLogin login, DateTimeOffset now, ConcurrentDictionary<string, bool> silent)
    {
        try
        {
            // What has nothing to be renewed with is good to its end, and over then.
            return snapshots.Current.McpServers.TryGetValue(login.ServerId, out var server) && UpstreamVault.IsFor(login, server)
                && (login.ExpiresAt <= now || seal.Open(login)?.RefreshToken is not null)
                    ? await refresher.RefreshAsync(login, server, CancellationToken.None)
                    : null;
        }
        catch (OutboundUnavailableException away)
        {
            if (away is not UpstreamNotRefreshedException)
            {
                silent[login.TokenEndpoint] = true;
            }

            Log.Away(logger, login.ServerId, away.Message);
            return null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Protects the others: one login that cannot be read or saved.
            Log.Failed(logger, exception.GetType().Name, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Of the logins at MCP servers that nobody used, {Renewed} were renewed and {Over} are over; {Silent} authorization servers did not answer", EventName = "UpstreamRenewed")]
        public static partial void Renewed(ILogger logger, int renewed, int over, int silent);

        [LoggerMessage(2, LogLevel.Warning, "A login at the MCP server {ServerId} that nobody used could not be renewed and is tried again: {Message}", EventName = "UpstreamRenewalFailed")]
        public static partial void Away(ILogger logger, Guid serverId, string message);

        [LoggerMessage(3, LogLevel.Warning, "Renewing logins at MCP servers failed and is tried again later: {Error}: {Message}", EventName = "UpstreamRenewalsFailed")]
        public static partial void Failed(ILogger logger, string error, string message);
    }
}
