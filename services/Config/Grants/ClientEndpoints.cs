using System.Text.Json.Nodes;
using Grpc.Core;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Grants;

/// <summary>
/// <c>/access/oauth_clients</c>: the clients that registered themselves, which the authorization server owns and is asked for; list, read, history,
/// revoke. A revoked client is gone for good, and its grants with it.
/// </summary>
public static class ClientEndpoints
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    public static void MapOAuthClients(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var clients = access.MapGroup("/oauth_clients").RequirePermission(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesRevoke);
        clients.MapGet("/", List)
            .Describe("app_id", "string", "Only clients of this application.")
            .Describe("search", "string", "Only clients with this text in their name, id or a redirect URI.")
            .Describe("active", "boolean", "Only clients with an active grant.").DescribePage().Answers(ListOf(GrantShapes.Client));
        clients.MapGet("/{clientId}", (string clientId, Registrations.RegistrationsClient registrations, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
            => Ask(async () => ApiEnvelope.Ok(Show((await FindAsync(clientId, registrations, clock, ct)).Client, log.Current.Snapshot)))).Answers(GrantShapes.Client);
        clients.MapGet("/{clientId}/events", (string clientId, Registrations.RegistrationsClient registrations, TimeProvider clock, CancellationToken ct)
            => Ask(async () => ApiEnvelope.Ok(new JsonArray([.. (await FindAsync(clientId, registrations, clock, ct)).Events.Select(Show)]))))
            .RequirePermission(ApiPermission.AuditLogsRead).Answers(ListOf(GrantShapes.ClientEvent));
        clients.MapPost("/{clientId}/revoke", Revoke).Answers(Of(("client_id", Text), ("revoked_at", Time), ("ended", Integer)));
    }

    private static async Task<IResult> List(HttpRequest request, Registrations.RegistrationsClient registrations, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
    {
        var query = request.Query;
        var (application, active) = (query["app_id"].ToString(), query["active"].ToString());
        if (Paging.From(query) is not { } paging || (application.Length > 0 && !Guid.TryParse(application, out _)) || active is not ("" or "true" or "false"))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000, app_id a uuid, active true or false"));
        }

        return await Ask(async () =>
        {
            var reply = await registrations.ListAsync(
                new ListClientsRequest { ApplicationId = application, Search = query["search"].ToString(), Active = active == "true", Page = paging.Page, PerPage = paging.PerPage },
                deadline: Deadline(clock),
                cancellationToken: ct);
            return ApiEnvelope.Page(reply.Clients.Select(client => Show(client, log.Current.Snapshot)), paging, reply.TotalCount);
        });
    }

    // First the client is unknown, so that nothing new begins; then what it has ends.
    private static Task<IResult> Revoke(
        string clientId, HttpContext context, Registrations.RegistrationsClient registrations, GrantQueries.GrantQueriesClient token, TimeProvider clock, CancellationToken ct)
        => Ask(async () =>
        {
            var actor = Peers.ActorOf(context);
            var live = await CountAsync(clientId, token, clock, ct);
            var revoked = await registrations.RevokeAsync(new RevokeClientRequest { ClientId = clientId, Actor = actor }, deadline: Deadline(clock), cancellationToken: ct);
            return await GrantEndings.EndAsync(
                token,
                new EndAllRequest { ClientId = revoked.Client.ClientId, Actor = actor, Reason = "the client was revoked" },
                ended => new JsonObject { ["client_id"] = revoked.Client.ClientId, ["revoked_at"] = revoked.Client.RevokedAt.ToDateTimeOffset(), ["ended"] = Math.Max(ended, live) },
                clock,
                ct);
        });

    // What is told of the client ends its grants too, and may be sooner than whoever counts them.
    private static async Task<int> CountAsync(string clientId, GrantQueries.GrantQueriesClient token, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            return (int)(await token.ListAsync(new ListGrantsRequest { ClientId = clientId, Status = "active", Limit = 1 }, deadline: Deadline(clock), cancellationToken: ct)).TotalCount;
        }
        catch (RpcException) when (!ct.IsCancellationRequested)
        {
            // A client is blocked also while nobody can tell what it has.
            return 0;
        }
    }

    private static async Task<ClientReply> FindAsync(string clientId, Registrations.RegistrationsClient registrations, TimeProvider clock, CancellationToken ct)
        => await registrations.GetAsync(new ClientRequest { ClientId = clientId }, deadline: Deadline(clock), cancellationToken: ct);

    private static Task<IResult> Ask(Func<Task<IResult>> ask) => Peers.AskAsync("client", Peers.AuthorizationServer, ask);

    private static DateTime Deadline(TimeProvider clock) => clock.GetUtcNow().UtcDateTime + s_deadline;

    private static JsonObject Show(OAuthClient client, ConfigurationSnapshot snapshot)
    {
        var node = new JsonObject
        {
            ["client_id"] = client.ClientId,
            ["client_name"] = client.Name,
            ["registration"] = "dynamic",
            ["application_id"] = client.ApplicationId,
            ["application_name"] = snapshot.Applications.GetValueOrDefault(Guid.Parse(client.ApplicationId))?.Name,
            ["redirect_uris"] = Texts(client.RedirectUris),
            ["refused_redirect_uris"] = Texts(client.RefusedRedirectUris),
            ["grant_types"] = Texts(client.GrantTypes),
            ["scope"] = client.Scope,
            ["active_grants"] = client.ActiveGrants,
            ["registered_at"] = client.RegisteredAt.ToDateTimeOffset(),
        };

        // While a grant lives the registration has no end.
        node["expires_at"] = client.ActiveGrants > 0 || client.RevokedAt is not null ? null : client.ExpiresAt.ToDateTimeOffset();
        node["revoked_at"] = client.RevokedAt?.ToDateTimeOffset();
        return node;
    }

    private static JsonNode Show(ClientEvent entry)
    {
        var shown = new JsonObject
        {
            ["id"] = entry.Id,
            ["type"] = entry.Type,
            ["time"] = entry.At.ToDateTimeOffset(),
            ["data"] = JsonNode.Parse(entry.Data.Span),
        };
        Actors.Show(shown, entry.Actor);
        return shown;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];
}
