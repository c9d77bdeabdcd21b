using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>What a person may ask of a running resource.</summary>
public sealed class ResourceCommandService(IServiceProvider services)
{
    /// <summary>Ends the replica's process in an orderly way and starts it again.</summary>
    public const string RestartCommand = "resource-restart";

    /// <summary>Carries out a command; returns when the old process has ended.</summary>
    /// <returns>False when there is no such replica or command.</returns>
    public async Task<bool> ExecuteCommandAsync(string resourceId, string commandName)
    {
        var runner = services.GetRequiredService<Running.Orchestrator>().Runners.FirstOrDefault(runner => runner.Replica.Id == resourceId);
        if (runner is null || commandName != RestartCommand)
        {
            return false;
        }
        await runner.RestartAsync().ConfigureAwait(false);
        return true;
    }
}
