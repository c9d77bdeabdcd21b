using Grpc.Core;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary>Tells edges how reading servers went, and takes what they hear of servers. See <c>server_readings.proto</c>.</summary>
[AllowedCallers("edge")]
public sealed partial class ServerReadingsService(ConfigurationLog log, ServerSync sync, McpServerStatuses statuses, ILogger<ServerReadingsService> logger)
    : ServerReadings.ServerReadingsBase
{
    private const int Most = 100;

    public override Task<ReadingStatesReply> States(ReadingStatesRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        var reply = new ReadingStatesReply();
        reply.States.AddRange(Servers(request.ServerIds).Select(server => StateOf(statuses.Of(server.Id))));
        return Task.FromResult(reply);
    }

    public override async Task<HeardReply> Heard(HeardRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var reasons = request.Servers.DistinctBy(heard => heard.ServerId).ToDictionary(heard => heard.ServerId, heard => heard.Reason);
        var servers = Servers(reasons.Keys);
        if (servers.Count < reasons.Count)
        {
            // An edge may have been told of a server by a replica that knew it sooner.
            await log.ReadAgainAsync(context.CancellationToken);
            servers = Servers(reasons.Keys);
        }

        foreach (var server in servers)
        {
            Log.Heard(logger, server.ServerId, reasons[server.Id.ToString("D")]);
            await sync.HearAsync(server, context.CancellationToken);
        }

        return new HeardReply();
    }

    private List<McpServer> Servers(ICollection<string> ids)
    {
        if (ids.Count > Most || ids.Any(id => !Guid.TryParseExact(id, "D", out _)))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"at most {Most} servers, by their uuids"));
        }

        return [.. ids.Distinct(StringComparer.Ordinal).Select(id => log.Current.Snapshot.McpServers.GetValueOrDefault(Guid.Parse(id))).OfType<McpServer>()];
    }

    private static ReadingState StateOf(McpServerStatus status) => new()
    {
        ServerId = status.Id.ToString("D"),
        State = status.State switch
        {
            McpSyncState.Ready => ReadingState.Types.State.Ready,
            McpSyncState.Stale => ReadingState.Types.State.Stale,
            McpSyncState.Error => ReadingState.Types.State.Error,
            _ => ReadingState.Types.State.Waiting,
        },
        Cause = status.Error?.Cause ?? "",
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "MCP server {Server} is read again soon: {Reason}", EventName = "McpServerHeard")]
        public static partial void Heard(ILogger logger, string server, HeardServer.Types.Reason reason);
    }
}
