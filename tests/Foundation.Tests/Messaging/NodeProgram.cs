using Microsoft.Extensions.Hosting;
using Wolverine;

namespace ManagedOAuth.Foundation.Tests.Messaging;

/// <summary>A messaging node as a process of its own, for tests that kill it.</summary>
internal static class NodeProgram
{
    public const string ConnectionVariable = "MESSAGING_NODE_DATABASE";

    public static Task RunAsync()
    {
        var connectionString = Environment.GetEnvironmentVariable(ConnectionVariable) ?? throw new InvalidOperationException(ConnectionVariable + " is not set.");
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        MessagingHost.Configure(builder, connectionString, QuickRecovery);
        return builder.Build().RunAsync();
    }

    /// <summary>Death is noticed within a second, and does not count against a message however often it happens.</summary>
    public static void QuickRecovery(WolverineOptions options)
    {
        options.Durability.HealthCheckPollingTime = TimeSpan.FromMilliseconds(200);
        options.Durability.StaleNodeTimeout = TimeSpan.FromSeconds(1);
        options.MaximumRecoveries = 1000;
    }
}
