using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancing;

/// <summary>Log lines about replicas.</summary>
internal static partial class BalancerLog
{
    [LoggerMessage(101, LogLevel.Warning, "Replica {Address} cannot be reached and is left out: {Reason}", EventName = "ReplicaDown")]
    public static partial void ReplicaDown(ILogger logger, Uri address, string reason);

    [LoggerMessage(102, LogLevel.Information, "Replica {Address} can be reached again.", EventName = "ReplicaUp")]
    public static partial void ReplicaUp(ILogger logger, Uri address);

    [LoggerMessage(103, LogLevel.Error, "The changed service addresses are not usable; the former ones stay.", EventName = "BadServiceAddresses")]
    public static partial void BadConfiguration(ILogger logger, Exception exception);
}
