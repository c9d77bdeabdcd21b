using System.Text.Json.Nodes;
using Google.Protobuf;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Config.Grants;

/// <summary><c>/access/grants</c>: the grants, which Token owns and is asked for; list, read, history, revoke.</summary>
public static class GrantEndpoints
{
    public static void MapGrants(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var grants = access.MapGroup("/grants").RequirePermission(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesRevoke);
        grants.MapGet("/", List)
            .Describe("app_id", "string", "Only grants at this application.")
            .Describe("user_id", "string", "Only grants of this user.")
            .Describe("email", "string", "Only grants of the user with this address.")
            .Describe("client_id", "string", "Only grants of this client.")
            .Describe("identity_provider_id", "string", "Only grants of users who signed in with this identity provider.")
            .Describe("status", "string", "active or ended.")
            .Describe("kind", "string", "oauth or browser.")
            .Describe("cursor", "string", "Where the page begins, from result_info of the page before.");
        grants.MapSummary();
        grants.MapGet("/{id:guid}", (Guid id, GrantQueries.GrantQueriesClient token, CancellationToken ct)
            => Ask(async () => ApiEnvelope.Ok(Parse((await token.GetAsync(new GetGrantRequest { GrantId = id.ToString() }, cancellationToken: ct)).Json))));
        grants.MapGet("/{id:guid}/events", (Guid id, GrantQueries.GrantQueriesClient token, CancellationToken ct)
            => Ask(async () => ApiEnvelope.Ok(new JsonArray([.. (await token.EventsAsync(new GrantEventsRequest { GrantId = id.ToString() }, cancellationToken: ct)).Events.Select(Parse)]))))
            .RequirePermission(ApiPermission.AuditLogsRead);
        grants.MapPost("/{id:guid}/revoke", Revoke);
    }

    private static async Task<IResult> List(HttpRequest request, GrantQueries.GrantQueriesClient token, CancellationToken ct)
    {
        var query = request.Query;
        if (Paging.From(query) is not { } paging || (query["app_id"].ToString() is { Length: > 0 } app && !Guid.TryParse(app, out _)))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("per_page is from 1 to 1000, app_id a uuid"));
        }

        if (query["status"].ToString() is not ("" or "active" or "ended"))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("status is active or ended"));
        }

        return await Ask(async () =>
        {
            var reply = await token.ListAsync(
                new ListGrantsRequest
                {
                    ApplicationId = query["app_id"].ToString(),
                    IdentityProviderId = query["identity_provider_id"].ToString(),
                    UserId = query["user_id"].ToString(),
                    Email = query["email"].ToString(),
                    ClientId = query["client_id"].ToString(),
                    Status = query["status"].ToString(),
                    Kind = query["kind"].ToString(),
                    Cursor = query["cursor"].ToString(),
                    Limit = paging.PerPage,
                },
                cancellationToken: ct);
            return ApiEnvelope.Page(reply.Grants.Select(Parse), paging, reply.TotalCount, reply.NextCursor);
        });
    }

    private static Task<IResult> Revoke(Guid id, HttpContext context, GrantQueries.GrantQueriesClient token, CancellationToken ct)
    {
        var actor = Peers.ActorOf(context);
        return Ask(async () =>
        {
            var reply = await token.RevokeAsync(new RevokeGrantRequest { GrantId = id.ToString(), Actor = actor, Reason = "revoked by an administrator" }, cancellationToken: ct);
            return ApiEnvelope.Ok(Parse(reply.Json));
        });
    }

    private static Task<IResult> Ask(Func<Task<IResult>> ask) => Peers.AskAsync("grant", Peers.Token, ask);

    private static JsonNode Parse(ByteString json) => JsonNode.Parse(json.Span)!;
}
