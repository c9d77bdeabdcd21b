using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Store;

namespace ManagedOAuth.Config.Policies;

/// <summary>
/// Removes policies that were an application's own and that no application has. Every change takes them along; those that were left behind by
/// versions which did not are found at the start.
/// </summary>
public sealed partial class OwnPolicySweep(ConfigurationLog log, IServiceScopeFactory scopes, PolicyKind kind, TimeProvider clock, ILogger<OwnPolicySweep> logger)
    : PeriodicSweep(Hourly, clock, logger)
{
    private const int MostAtOnce = 500;

    private readonly ILogger _logger = logger;

    public override async Task RunAsync(CancellationToken cancellation)
    {
        while (!log.Loaded)
        {
            await log.NextChange.WaitAsync(cancellation);
        }

        while (LeftBehind(log.Current.Snapshot).Count > 0)
        {
            await using var scope = scopes.CreateAsyncScope();
            var writer = scope.ServiceProvider.GetRequiredService<ConfigurationWriter>();
            await using var change = await writer.BeginAsync(cancellation);
            var some = LeftBehind(change.Snapshot).Take(MostAtOnce).ToList();
            foreach (var id in some)
            {
                change.Draft.Append<PolicyObject>(id, change.Draft.VersionOf(id) + 1, kind.Removed(id));
            }

            await writer.SaveAsync(change, cancellation);
            LogRemoved(_logger, some.Count);
        }
    }

    private static List<Guid> LeftBehind(ConfigurationSnapshot snapshot)
    {
        var used = snapshot.Applications.Values.SelectMany(application => application.Policies).Select(reference => reference.Id).ToHashSet();
        return [.. snapshot.Policies.Values.Where(policy => !policy.Reusable && !used.Contains(policy.Id)).Select(policy => policy.Id)];
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "{Count} policies that belonged to applications which no longer have them are removed", EventName = "OwnPoliciesRemoved")]
    private static partial void LogRemoved(ILogger logger, int count);
}
