using ManagedOAuth.Config.Feed;
using ManagedOAuth.ServiceDefaults.Store;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>Once an hour forgets when tokens were used that are gone.</summary>
public sealed class ApiTokenUseSweep(ApiTokenUses uses, ConfigurationLog log, TimeProvider clock, ILogger<ApiTokenUseSweep> logger) : PeriodicSweep(Hourly, clock, logger)
{
    public override async Task RunAsync(CancellationToken cancellation)
    {
        if (log.Loaded)
        {
            await uses.ForgetAsync(log.Current.ApiTokens.Values.Select(token => token.Id).Concat(log.Current.Snapshot.ServiceTokens.Keys).ToHashSet(), cancellation);
        }
    }
}
