using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using static ManagedOAuth.Config.OpenApi.JsonShape;

namespace ManagedOAuth.Config.Users;

/// <summary><c>/access/users</c>: who has logged in or was provisioned by an identity provider, with what they have open, who they were last, and what was refused to them.</summary>
public static class UserEndpoints
{
    // The original gives all at once.
    private const int Most = 1000;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    public static void MapUsers(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var users = access.MapGroup("/users").RequirePermission(ApiPermission.AuditLogsRead, ApiPermission.AppsAndPoliciesRevoke);
        users.MapGet("/", List)
            .Describe("email", "string", "Only the user with this address.").Describe("search", "string", "Only users with this text in their address or name.")
            .Describe("name", "string", "An older name of search.").DescribePage().Answers(ListOf(UserShapes.User));
        users.MapGet("/{id:guid}", (Guid id, UserQueries.UserQueriesClient people, TimeProvider clock, CancellationToken ct)
            => WithUser(id, people, clock, user => Task.FromResult(ApiEnvelope.Ok(Show(user))), ct)).Answers(UserShapes.User);
        users.MapGet("/{id:guid}/active_sessions", Sessions)
            .DescribePage(Most).Describe("cursor", "string", "From result_info: the sessions behind those of this page.").Answers(ListOf(UserShapes.Session));
        users.MapGet("/{id:guid}/active_sessions/{nonce:guid}", Session).Answers(UserShapes.Session);
        users.MapGet("/{id:guid}/last_seen_identity", LastIdentity).Answers(UserShapes.LastIdentity);
        users.MapGet("/{id:guid}/failed_logins", FailedLogins).DescribePage(Most).Answers(ListOf(UserShapes.FailedLogin));
        users.MapPost("/{id:guid}/revoke", (Guid id, HttpContext context, UserQueries.UserQueriesClient people, Revocations revocations, TimeProvider clock, CancellationToken ct)
            => WithUser(id, people, clock, user => revocations.EndUserAsync(context, user.Email, ct), ct)).Answers("""{"const":true}""");
        Revocations.Map(access);
    }

    private static Task<IResult> List(HttpRequest request, UserQueries.UserQueriesClient people, TimeProvider clock, CancellationToken ct)
        => Peers.AskAsync("user", Peers.AuthorizationServer, async () =>
        {
            var query = request.Query;
            if (Paging.From(query) is not { } paging)
            {
                return WrongPage();
            }

            var search = query["search"].ToString() is { Length: > 0 } text ? text : query["name"].ToString();
            var reply = await people.ListAsync(
                new ListUsersRequest { Email = query["email"].ToString().Trim().ToLowerInvariant(), Search = search, Page = paging.Page, PerPage = paging.PerPage },
                deadline: Deadline(clock),
                cancellationToken: ct);
            return ApiEnvelope.Page(reply.Users.Select(Show), paging, reply.TotalCount);
        });

    private static Task<IResult> Sessions(
        Guid id, HttpRequest request, UserQueries.UserQueriesClient people, GrantQueries.GrantQueriesClient token, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
        => Paging.From(request.Query, Most) is not { } paging ? Task.FromResult(WrongPage()) : WithUser(id, people, clock, user => Peers.AskAsync("user", Peers.Token, async () =>
        {
            var grants = await token.ListAsync(
                new ListGrantsRequest { Email = user.Email, Status = "active", Limit = paging.PerPage, Cursor = request.Query["cursor"].ToString() }, deadline: Deadline(clock), cancellationToken: ct);
            var snapshot = log.Current.Snapshot;
            return ApiEnvelope.Page(grants.Grants.Select(grant => UserSessions.Show(JsonNode.Parse(grant.Span)!.AsObject(), snapshot)), paging, grants.TotalCount, grants.NextCursor);
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

    private static Task<IResult> FailedLogins(Guid id, HttpRequest request, UserQueries.UserQueriesClient people, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
        => Paging.From(request.Query, Most) is not { } paging ? Task.FromResult(WrongPage()) : WithUser(id, people, clock, async user =>
        {
            var reply = await people.AccessRequestsAsync(
                new AccessRequestsRequest
                {
                    Filters = { new AccessRequestFilter { Field = "email", Value = user.Email }, new AccessRequestFilter { Field = "allowed", Value = "false" } },
                    Page = paging.Page,
                    PerPage = paging.PerPage,
                },
                deadline: Deadline(clock),
                cancellationToken: ct);
            return ApiEnvelope.Page(reply.Requests.Select(line => UserSessions.ShowFailure(JsonNode.Parse(line.Span)!.AsObject(), log.Current.Snapshot)), paging, reply.TotalCount);
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

    private static IResult WrongPage() => ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));

    private static DateTime Deadline(TimeProvider clock) => clock.GetUtcNow().UtcDateTime + s_deadline;
}
