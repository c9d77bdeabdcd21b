using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Portals.Servers;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary><c>POST /access/ai-controls/mcp/servers/{id}/sync</c>: reads a server now, and answers how that went.</summary>
public static class SyncEndpoints
{
    public static void MapSync(this RouteGroupBuilder servers)
    {
        ArgumentNullException.ThrowIfNull(servers);
        servers.MapPost("/{id}/sync", Sync).WithoutDryRun().Answers(Of(("status", Text), ("error?", Text), ("error_details?", MapOf(Any))));
    }

    private static async Task<IResult> Sync(string id, ConfigurationLog log, ServerSync sync, McpServerStatuses statuses, CancellationToken ct)
    {
        if (log.Current.Snapshot.McpServers.Values.FirstOrDefault(server => server.ServerId == id) is not { } server)
        {
            return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("mcp_server"));
        }

        return ApiEnvelope.Ok(McpServerView.SyncAnswer(await sync.RunAsync(server, isAsked: true, ct) ?? statuses.Of(server.Id)));
    }
}
