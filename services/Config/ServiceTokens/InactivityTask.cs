using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>Disables or deletes service tokens that nobody uses, as the organization wants it. Every replica may run it: each change is decided again under the writers' lock.</summary>
public sealed partial class InactivityTask(
    ConfigurationLog log, ApiTokenUses uses, ServiceTokenKind kind, IServiceScopeFactory scopes, TimeProvider clock, ILogger<InactivityTask> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);

    /// <summary>Looks once; returns how many tokens ended.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        // First what other replicas know: a token that was used elsewhere is used.
        await uses.ExchangeAsync(ct);
        var ended = 0;
        foreach (var token in InactiveTokens.Find(log.Current.Snapshot, uses.LastUseOf, uses.RecordedSince, clock.GetUtcNow()))
        {
            try
            {
                ended += await EndAsync(token.Id, ct) ? 1 : 0;
            }
#pragma warning disable CA1031 // One token that cannot be changed now must not keep the others alive.
            catch (Exception failed) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.Failed(logger, failed, token.Id);
            }
        }

        return ended;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(s_period, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await RunAsync(stoppingToken);
            }
#pragma warning disable CA1031 // Protects the loop: a database that is away is there again later.
            catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.Failed(logger, failed, Guid.Empty);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<bool> EndAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ConfigurationWriter>();
        await using var change = await writer.BeginAsync(ct);
        var now = clock.GetUtcNow();
        if (InactiveTokens.Find(change.Snapshot, uses.LastUseOf, uses.RecordedSince, now).FirstOrDefault(token => token.Id == id) is not { } token)
        {
            return false;
        }

        var version = change.Draft.VersionOf(id) + 1;
        var delete = change.Snapshot.Organization!.ServiceTokenInactivity!.Action == InactivityAction.Delete && kind.InUse(id, change.Snapshot) is null;
        if (!delete && !token.Enabled)
        {
            return false;
        }

        change.Draft.Append<ServiceTokenObject>(id, version, delete ? new ServiceTokenRemoved(id) : new ServiceTokenChanged(kind.Stamp(token with { Enabled = false }, version, token.CreatedAt, now)));
        await writer.AnnounceAsync(new ConfigurationChanged(kind.Name, id, version));
        await writer.SaveAsync(change, ct);
        Log.Ended(logger, id, delete ? "deleted" : "disabled");
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Service token {Token} was not used for too long and is {What}", EventName = "InactiveTokenEnded")]
        public static partial void Ended(ILogger logger, Guid token, string what);

        [LoggerMessage(2, LogLevel.Warning, "Inactive service token {Token} could not be ended; it is tried again", EventName = "InactiveTokenFailed")]
        public static partial void Failed(ILogger logger, Exception exception, Guid token);
    }
}
