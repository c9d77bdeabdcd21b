using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.Startup;

/// <summary>
/// Runs the <see cref="IStartupStep"/>s until all are done, starts what waits for them, then opens the <see cref="StartupGate"/>.
/// </summary>
internal sealed partial class StartupRunner(
    IEnumerable<IStartupStep> steps,
    IEnumerable<DeferredService> deferred,
    StartupGate gate,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<StartupRunner> logger) : BackgroundService
{
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(3);

    // A step that hangs (a database that accepts and never answers) is given up and tried again.
    private static readonly TimeSpan s_stepDeadline = TimeSpan.FromSeconds(60);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Leaves the caller's stack: the server must come to listen while the steps wait for their dependencies.
        await Task.Yield();
        foreach (var (name, run) in Work())
        {
            if (!await RunUntilDoneAsync(name, run, stoppingToken))
            {
                return;
            }
        }

        gate.Open();
        Log.Ready(logger);
    }

    private IEnumerable<(string Name, Func<CancellationToken, Task> Run)> Work() =>
        steps.Select(step => (step.Name, (Func<CancellationToken, Task>)step.RunAsync))
            .Concat(deferred.Select(service => (service.Name, (Func<CancellationToken, Task>)service.RunAsync)));

    private async Task<bool> RunUntilDoneAsync(string name, Func<CancellationToken, Task> run, CancellationToken stopping)
    {
        var delay = s_firstDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                deadline.CancelAfter(s_stepDeadline);
                await run(deadline.Token);
                return true;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return false;
            }
            catch (StartupRefusedException refused)
            {
                Log.Refused(logger, name, refused.Message);
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                return false;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Protects the start in any order: whatever is not there yet may come. Logged at 1, 2, 4, 8, ... attempts,
                // so that an hour without a database does not fill a disk.
                if ((attempt & (attempt - 1)) == 0)
                {
                    Log.NotYet(logger, name, attempt, exception.GetType().Name, exception.Message);
                }
            }

            try
            {
                await Task.Delay(delay, clock, stopping);
            }
            catch (OperationCanceledException)
            {
                return false;
            }

            delay = delay * 2 > s_longestDelay ? s_longestDelay : delay * 2;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Start-up is complete.", EventName = "StartupComplete")]
        public static partial void Ready(ILogger logger);

        [LoggerMessage(2, LogLevel.Warning, "Cannot {Step} yet (attempt {Attempt}): {Error}: {Message}", EventName = "StartupStepWaits")]
        public static partial void NotYet(ILogger logger, string step, int attempt, string error, string message);

        [LoggerMessage(3, LogLevel.Critical, "Refusing to run, cannot {Step}: {Message}", EventName = "StartupRefused")]
        public static partial void Refused(ILogger logger, string step, string message);
    }
}
