using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;
using Marten;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Portals.Alerts;

/// <summary><c>/access/ai-controls/mcp/alerts</c> (ours): what administrators should know about MCP servers.</summary>
public static class AlertEndpoints
{
    private static readonly string s_alert = Of(
        ("id", Uuid), ("server_id", Text), ("kind", Text), ("detail", Text), ("names", Texts), ("raised_at", Time), ("updated_at", Time), ("resolved_at", OrNull(Time)),
        ("acknowledged_at", OrNull(Time)), ("acknowledged_by", OrNull(Text)));

    public static void MapAlerts(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var alerts = access.MapGroup("/ai-controls/mcp/alerts").RequirePermission(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);
        alerts.MapGet("/", List)
            .Describe("state", "string", "open (default) or all.").Describe("server_id", "string", "Only those of this server.").DescribePage().Answers(ListOf(s_alert));
        alerts.MapPost("/{id:guid}/acknowledge", Acknowledge).WithoutDryRun().Answers(s_alert);
    }

    // Open ones unless `state=all`, the newest first.
    private static async Task<IResult> List(HttpRequest request, DocumentPages pages, CancellationToken ct)
    {
        var state = request.Query["state"].ToString();
        if (state is not ("" or "open" or "all") || Paging.From(request.Query) is not { } paging)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("state is open or all, page is from 1, per_page from 1 to 1000"));
        }

        var open = state == "all" ? "true" : "d.data ->> 'resolvedAt' is null and d.data ->> 'acknowledgedAt' is null";
        var (alerts, total) = request.Query["server_id"].ToString() is { Length: > 0 } server
            ? await pages.ReadAsync<McpAlert>(paging, "id desc", $"{open} and d.data ->> 'serverId' = ?", [server], ct)
            : await pages.ReadAsync<McpAlert>(paging, "id desc", open, [], ct);
        return ApiEnvelope.Page(alerts.Select(Show), paging, total);
    }

    private static async Task<IResult> Acknowledge(Guid id, HttpContext context, IDocumentStore store, TimeProvider clock, CancellationToken ct)
    {
        await using var session = store.LightweightSession();
        if (await session.LoadAsync<McpAlert>(id, ct) is not { } found)
        {
            return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("alert"));
        }

        // What is known of the server may be changing at this moment: what came in between stays.
        await McpServerStatuses.LockAsync(session, found.ServerUid, ct);
        var alert = await session.LoadAsync<McpAlert>(id, ct) ?? found;
        if (alert.AcknowledgedAt is null)
        {
            var now = clock.GetUtcNow();
            alert = alert with { AcknowledgedAt = now, AcknowledgedBy = Peers.ActorOf(context), ResolvedAt = alert.Kind == McpAlertKind.DefinitionsChanged ? now : alert.ResolvedAt };
            session.Store(alert);
            await session.SaveChangesAsync(ct);
        }

        return ApiEnvelope.Ok(Show(alert));
    }

    private static JsonObject Show(McpAlert alert) => new()
    {
        ["id"] = alert.Id,
        ["server_id"] = alert.ServerId,
        ["kind"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(alert.Kind.ToString()),
        ["detail"] = alert.Detail,
        ["names"] = new JsonArray([.. alert.Names.Select(name => JsonValue.Create(name))]),
        ["raised_at"] = alert.RaisedAt,
        ["updated_at"] = alert.UpdatedAt,
        ["resolved_at"] = alert.ResolvedAt,
        ["acknowledged_at"] = alert.AcknowledgedAt,
        ["acknowledged_by"] = alert.AcknowledgedBy,
    };
}
