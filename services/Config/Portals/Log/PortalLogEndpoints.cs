using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Portals.Log;

/// <summary>
/// <c>GET /access/ai-controls/mcp/logs</c>: what went through the portals, newest first, with the names that the original's log has; <c>Outcome</c>,
/// <c>GrantID</c>, <c>FlowID</c>, <c>ServiceTokenID</c>, <c>ClientName</c>, <c>DurationMs</c> and <c>ID</c> are ours.
/// </summary>
public static class PortalLogEndpoints
{
    public static void MapPortalLog(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var list = access.MapGet("/ai-controls/mcp/logs", List).RequirePermission(ApiPermission.AuditLogsRead)
            .Answers(ListOf(Of(
                ("ID", Uuid), ("Datetime", Time), ("PortalID", Text), ("PortalAUD", Text), ("ServerID", Text), ("ServerAUD", Text), ("ServerURL", Text), ("Method", Text), ("ToolCallName", Text),
                ("PromptGetName", Text), ("ResourceReadURI", Text), ("SessionID", Text), ("UserID", Text), ("UserEmail", Text), ("ServiceTokenID", Text), ("ClientIP", Text), ("ClientCountry", Text), ("ClientName", Text),
                ("Success", Flag), ("Outcome", Text), ("Error", Text), ("ServerResponseDurationMs", OrNull(Integer)), ("DurationMs", Integer), ("GrantID", Text), ("FlowID", Text))));
        PortalLogQuery.DescribeTo(list);
    }

    private static async Task<IResult> List(HttpRequest request, PortalLogStore log, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        var query = PortalLogQuery.Read(request.Query, errors);
        if (errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors);
        }

        await using var session = log.QuerySession();
        var lines = await session.QueryAsync<PortalLogLine>(query.Sql, ct, [.. query.Values]);
        var page = lines.Take(query.PageSize).ToList();
        var info = new JsonObject { ["count"] = page.Count, ["per_page"] = query.PageSize };
        if (lines.Count > query.PageSize)
        {
            info["cursor"] = PortalLogQuery.CursorOf(page[^1]);
        }

        return new EnvelopeResult(StatusCodes.Status200OK, [], new JsonArray([.. page.Select(line => Show(line.Request))])) { Info = info };
    }

    private static JsonObject Show(PortalRequestHandled request) => new()
    {
        ["ID"] = request.Id,
        ["Datetime"] = DateTimeOffset.UnixEpoch.AddMicroseconds(request.At),
        ["PortalID"] = request.PortalId,
        ["PortalAUD"] = request.PortalAud,
        ["ServerID"] = request.ServerId,
        ["ServerAUD"] = request.ServerAud,
        ["ServerURL"] = request.ServerUrl,
        ["Method"] = request.Method,
        ["ToolCallName"] = request.Tool,
        ["PromptGetName"] = request.Prompt,
        ["ResourceReadURI"] = request.ResourceUri,
        ["SessionID"] = request.SessionId,
        ["UserID"] = request.UserId,
        ["UserEmail"] = request.UserEmail,
        ["ServiceTokenID"] = request.ServiceTokenId,
        ["ClientIP"] = request.ClientIp,
        ["ClientCountry"] = request.ClientCountry,
        ["ClientName"] = request.ClientName,
        ["Success"] = request.Success,
        ["Outcome"] = request.Outcome,
        ["Error"] = request.Error,
        ["ServerResponseDurationMs"] = request.ServerDurationMs < 0 ? null : request.ServerDurationMs,
        ["DurationMs"] = request.DurationMs,
        ["GrantID"] = request.GrantId,
        ["FlowID"] = request.FlowId,
    };
}
