using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Keys.Sealing;
using ManagedOAuth.Token.Keys.Signing;

namespace ManagedOAuth.Token.Keys;

/// <summary>Opens the signing keys before the service counts as ready: without them it could answer nothing.</summary>
public sealed class OpenSigningKeys(SigningKeys keys) : IStartupStep
{
    public string Name => "open the signing keys";

    public Task RunAsync(CancellationToken cancellation) => keys.RefreshAsync(cancellation);
}

/// <summary>Keeps both kinds of keys up to date: rotation, keys of new applications, removal of what is over.</summary>
public sealed partial class KeyKeeper(
    SigningKeys signing, SealingKeys sealing, ConfigurationSource configuration, TimeProvider clock, ILogger<KeyKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_cleaning = TimeSpan.FromHours(1);

    private DateTimeOffset _cleaned = DateTimeOffset.MinValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var change = configuration.NextChange;
            try
            {
                await KeepAsync(stoppingToken);
                await Task.WhenAny(change, Task.Delay(s_pause, clock, stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Protects the loop: without it a short outage of the database would end rotation for good.
                LogFailed(logger, e);
                await Task.Delay(s_pauseAfterFailure, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task KeepAsync(CancellationToken cancellation)
    {
        await signing.RefreshAsync(cancellation);
        var managed = configuration.Current.Snapshot.Applications.Values.Where(application => application.ManagedOAuth).Select(application => application.Id).ToList();
        await sealing.EnsureAsync(managed, cancellation);
        if (clock.GetUtcNow() - _cleaned > s_cleaning)
        {
            await sealing.DeleteExpiredAsync(cancellation);
            _cleaned = clock.GetUtcNow();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Keys could not be brought up to date; it is tried again.", EventName = "KeyKeepingFailed")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
