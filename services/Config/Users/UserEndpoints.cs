using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Config.Users;

/// <summary><c>/access/users</c>: who has logged in or was provisioned by an identity provider, with what they have open, who they were last, and what was refused to them.</summary>
public static class UserEndpoints
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    public static void MapUsers(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var users = access.MapGroup("/users").RequirePermission(ApiPermission.AuditLogsRead, ApiPermission.AppsAndPoliciesRevoke);
        users.MapGet("/", List);
        users.MapGet("/{id:guid}", (Guid id, UserQueries.UserQueriesClient people, TimeProvider clock, CancellationToken ct)
            => WithUser(id, people, clock, user => Task.FromResult(ApiEnvelope.Ok(Show(user))), ct));
        users.MapGet("/{id:guid}/active_sessions", Sessions);
        users.MapGet("/{id:guid}/active_sessions/{nonce:guid}", Session);
        users.MapGet("/{id:guid}/last_seen_identity", LastIdentity);
        users.MapGet("/{id:guid}/failed_logins", FailedLogins);
        users.MapPost("/{id:guid}/revoke", (Guid id, HttpContext context, UserQueries.UserQueriesClient people, Revocations revocations, TimeProvider clock, CancellationToken ct)
            => WithUser(id, people, clock, user => revocations.EndUserAsync(context, user.Email, ct), ct));
        Revocations.Map(access);
    }

    private static Task<IResult> List(HttpRequest request, UserQueries.UserQueriesClient people, TimeProvider clock, CancellationToken ct)
        => Peers.AskAsync("user", Peers.AuthorizationServer, async () =>
        {
            var query = request.Query;
            if (Paging.From(query) is not { } paging)
            {
                return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
            }

            var search = query["search"].ToString() is { Length: > 0 } text ? text : query["name"].ToString();
            var reply = await people.ListAsync(
                new ListUsersRequest { Email = query["email"].ToString().Trim().ToLowerInvariant(), Search = search, Page = paging.Page, PerPage = paging.PerPage },
                deadline: Deadline(clock),
                cancellationToken: ct);
            return ApiEnvelope.Page(reply.Users.Select(Show), paging, reply.TotalCount);
        });

    private static Task<IResult> Sessions(
        Guid id, UserQueries.UserQueriesClient people, GrantQueries.GrantQueriesClient token, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
        => WithUser(id, people, clock, user => Peers.AskAsync("user", Peers.Token, async () =>
        {
            var grants = await token.ListAsync(new ListGrantsRequest { Email = user.Email, Status = "active", Limit = 1000 }, deadline: Deadline(clock), cancellationToken: ct);
            var snapshot = log.Current.Snapshot;
            return ApiEnvelope.Ok(new JsonArray([.. grants.Grants.Select(grant => UserSessions.Show(JsonNode.Parse(grant.Span)!.AsObject(), snapshot))]));
        }), ct);

    private static Task<IResult> Session(
        Guid id, Guid nonce, UserQueries.UserQueriesClient people, GrantQueries.GrantQueriesClient token, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
        => WithUser(id, people, clock, user => Peers.AskAsync("session", Peers.Token, async () =>
        {
            var grant = await token.GetAsync(new GetGrantRequest { GrantId = nonce.ToString() }, deadline: Deadline(clock), cancellationToken: ct);
            var shown = JsonNode.Parse(grant.Json.Span)!.AsObject();
            return (string?)shown["email"] == user.Email && (string?)shown["status"] == "active"
                ? ApiEnvelope.Ok(UserSessions.Show(shown, log.Current.Snapshot))
                : ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("session"));
        }), ct);

    private static Task<IResult> LastIdentity(
        Guid id, UserQueries.UserQueriesClient people, GrantQueries.GrantQueriesClient token, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
        => WithUser(id, people, clock, user => Peers.AskAsync("user", Peers.Token, async () =>
        {
            var reply = await token.ListIdentitiesAsync(new IdentitiesRequest { Email = user.Email, Limit = 1 }, deadline: Deadline(clock), cancellationToken: ct);
            return reply.Identities.Count == 0
                ? ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("identity"))
                : ApiEnvelope.Ok(UserSessions.ShowIdentity(reply.Identities[0].Span, user, log.Current.Snapshot));
        }), ct);

    private static Task<IResult> FailedLogins(Guid id, UserQueries.UserQueriesClient people, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
        => WithUser(id, people, clock, async user =>
        {
            var reply = await people.AccessRequestsAsync(
                new AccessRequestsRequest
                {
                    Filters = { new AccessRequestFilter { Field = "email", Value = user.Email }, new AccessRequestFilter { Field = "allowed", Value = "false" } },
                    Page = 1,
                    PerPage = 1000,
                },
                deadline: Deadline(clock),
                cancellationToken: ct);
            return ApiEnvelope.Ok(new JsonArray([.. reply.Requests.Select(line => UserSessions.ShowFailure(JsonNode.Parse(line.Span)!.AsObject(), log.Current.Snapshot))]));
        }, ct);

    private static Task<IResult> WithUser(Guid id, UserQueries.UserQueriesClient people, TimeProvider clock, Func<DirectoryUser, Task<IResult>> answer, CancellationToken ct)
        => Peers.AskAsync("user", Peers.AuthorizationServer, async () =>
        {
            var reply = await people.ListAsync(new ListUsersRequest { Id = id.ToString(), Page = 1, PerPage = 1 }, deadline: Deadline(clock), cancellationToken: ct);
            return reply.Users.Count == 0 ? ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("user")) : await answer(reply.Users[0]);
        });

    private static JsonObject Show(DirectoryUser user) => new()
    {
        ["id"] = user.Id,
        ["uid"] = user.Id,
        ["email"] = user.Email,
        ["name"] = user.Provisioned.Select(profile => profile.DisplayName).FirstOrDefault(name => name.Length > 0) ?? user.Email,
        ["access_seat"] = true,
        ["gateway_seat"] = false,
        ["active_device_count"] = 0,
        ["last_successful_login"] = user.LastLoginAt?.ToDateTimeOffset(),
        ["created_at"] = user.CreatedAt.ToDateTimeOffset(),
        ["updated_at"] = (user.LastLoginAt ?? user.CreatedAt).ToDateTimeOffset(),
        ["provisioned"] = new JsonArray([.. user.Provisioned.Select(profile => new JsonObject
        {
            ["identity_provider_id"] = profile.ProviderId, ["cf_resource_id"] = profile.ResourceId, ["display_name"] = profile.DisplayName, ["active"] = profile.Active,
        })]),
    };

    private static DateTime Deadline(TimeProvider clock) => clock.GetUtcNow().UtcDateTime + s_deadline;
}
