using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Logs;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Config.Grants;

/// <summary><c>/access/grants</c>: the grants, which Token owns and is asked for; list, read, history, revoke.</summary>
public static class GrantEndpoints
{
    private const int MostEvents = 1000;
    private const int MostAtATime = 100;

    public static void MapGrants(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var grants = access.MapGroup("/grants").RequirePermission(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesRevoke);
        grants.MapGet("/", List)
            .Describe("app_id", "string", "Only grants at this application.")
            .Describe("user_id", "string", "Only grants of this user.")
            .Describe("email", "string", "Only grants of the user with this address.")
            .Describe("search", "string", "Only grants with this text in the user's address, the client's id or its name.")
            .Describe("client_id", "string", "Only grants of this client.")
            .Describe("identity_provider_id", "string", "Only grants of users who signed in with this identity provider.")
            .Describe("status", "string", "active or ended.")
            .Describe("kind", "string", "oauth or browser.")
            .Describe("since", "string", "Only grants that were issued then or later: a time (RFC 3339).")
            .Describe("until", "string", "Only grants that were issued then or earlier: a time (RFC 3339).")
            .Describe("at", "string", "Who could reach what at this time (RFC 3339, not in the future): only grants that were active then, each as it was then, at most 100 a page.")
            .Describe("per_page", "integer", "From 1 to 1000, with at to 100; 25 unless given.")
            .Describe("cursor", "string", "Where the page begins, from result_info of the page before.")
            .Answers(JsonShape.ListOf(GrantShapes.Grant));
        grants.MapSummary();
        grants.MapGet("/{id:guid}", Get)
            .Describe("at", "string", "The grant as it was at this time (RFC 3339, not in the future); 404 when it had not been issued.")
            .Answers(GrantShapes.Grant);
        grants.MapGet("/{id:guid}/events", Events)
            .Describe("per_page", "integer", "From 1 to 1000, the newest; 1000 unless given.")
            .Describe("cursor", "string", "From result_info: the events before those of this page.")
            .RequirePermission(ApiPermission.AuditLogsRead).Answers(JsonShape.ListOf(GrantShapes.Event));
        grants.MapPost("/{id:guid}/revoke", Revoke).Answers(GrantShapes.Grant);
    }

    private static async Task<IResult> List(HttpRequest request, GrantQueries.GrantQueriesClient token, TimeProvider clock, CancellationToken ct)
    {
        var query = request.Query;
        if (Paging.From(query) is not { } paging || (query["app_id"].ToString() is { Length: > 0 } app && !Guid.TryParse(app, out _)))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("per_page is from 1 to 1000, app_id a uuid"));
        }

        var errors = new List<ApiError>();
        var (at, since, until) = (Past(query, clock, errors), AccessRequestEndpoints.Time(query, "since", errors), AccessRequestEndpoints.Time(query, "until", errors));
        if (query["status"].ToString() is not ("" or "active" or "ended"))
        {
            errors.Add(ApiErrors.InvalidRequest("status is active or ended"));
        }

        if (at is not null && (query["status"] == "ended" || paging.PerPage > MostAtATime))
        {
            errors.Add(ApiErrors.InvalidRequest($"at gives the grants that were active then: the state (status) cannot be ended, and a page (per_page) has {MostAtATime} at most"));
        }

        if (errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors);
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
                    Search = query["search"].ToString(),
                    ClientId = query["client_id"].ToString(),
                    Status = query["status"].ToString(),
                    Kind = query["kind"].ToString(),
                    Cursor = query["cursor"].ToString(),
                    Limit = paging.PerPage,
                    At = at,
                    Since = since,
                    Until = until,
                },
                cancellationToken: ct);
            Require(at, reply.At);
            return ApiEnvelope.Page(reply.Grants.Select(Parse), paging, reply.TotalCount, reply.NextCursor);
        });
    }

    private static async Task<IResult> Get(Guid id, HttpRequest request, GrantQueries.GrantQueriesClient token, TimeProvider clock, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        var at = Past(request.Query, clock, errors);
        return errors.Count > 0
            ? ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors)
            : await Ask(async () =>
            {
                var reply = await token.GetAsync(new GetGrantRequest { GrantId = id.ToString(), At = at }, cancellationToken: ct);
                Require(at, reply.At);
                return ApiEnvelope.Ok(Parse(reply.Json));
            });
    }

    /// <summary>An older version of the service that owns the grants answers with those of now, which would be false without a sign of it.</summary>
    /// <exception cref="RpcException">UNAVAILABLE: a time was asked for, and the answer is not of it.</exception>
    public static void Require(Timestamp? asked, Timestamp? answered)
    {
        if (asked is not null && !asked.Equals(answered))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the answer is of another time"));
        }
    }

    // What will be is not known: policies may change, and grants end.
    private static Timestamp? Past(IQueryCollection query, TimeProvider clock, List<ApiError> errors)
    {
        var at = AccessRequestEndpoints.Time(query, "at", errors);
        if (at?.ToDateTimeOffset() > clock.GetUtcNow())
        {
            errors.Add(ApiErrors.InvalidRequest("at is in the future: give a time up to now, or leave it out"));
        }

        return at;
    }

    // Oldest first in a page, and the newest page first: how a grant ended is in it.
    private static async Task<IResult> Events(Guid id, HttpRequest request, GrantQueries.GrantQueriesClient token, CancellationToken ct)
    {
        var before = 0L;
        if (Paging.From(request.Query, MostEvents) is not { } paging
            || (request.Query["cursor"].ToString() is { Length: > 0 } cursor && !(long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out before) && before > 1)))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest($"per_page is from 1 to {MostEvents}, cursor what result_info gave"));
        }

        return await Ask(async () =>
        {
            var reply = await token.EventsAsync(new GrantEventsRequest { GrantId = id.ToString(), Before = before, Limit = paging.PerPage }, cancellationToken: ct);
            return ApiEnvelope.Page(reply.Events.Select(ShowEvent), paging, reply.TotalCount, reply.First > 1 ? reply.First.ToString(CultureInfo.InvariantCulture) : null);
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

    private static JsonNode ShowEvent(ByteString json)
    {
        var shown = Parse(json).AsObject();
        Actors.Show(shown, (string?)shown["actor"]);
        return shown;
    }

    private static JsonNode Parse(ByteString json) => JsonNode.Parse(json.Span)!;
}
