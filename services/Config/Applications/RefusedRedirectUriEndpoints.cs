using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Applications;

/// <summary>
/// <c>GET /access/apps/{id}/refused_redirect_uris</c>: what clients asked for when they registered, and the application's rules do not admit. An
/// entry is gone once the rules admit it: allow it in <c>oauth_configuration.dynamic_client_registration.allowed_uris</c>.
/// </summary>
public static class RefusedRedirectUriEndpoints
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    public static void MapRefusedRedirectUris(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        access.MapGet("/apps/{id:guid}/refused_redirect_uris", List).RequirePermission(ApiPermission.AppsAndPoliciesRead)
            .Answers(ListOf(Of(("uri", Text), ("client_name", Text), ("attempts", Integer), ("first_at", Time), ("last_at", Time))));
    }

    private static async Task<IResult> List(Guid id, ConfigurationLog log, Registrations.RegistrationsClient registrations, TimeProvider clock, CancellationToken ct)
    {
        if (!log.Current.Snapshot.Applications.TryGetValue(id, out var application))
        {
            return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("application"));
        }

        return await Peers.AskAsync("application", Peers.AuthorizationServer, async () =>
        {
            var reply = await registrations.RefusedAsync(new RefusedRedirectUrisRequest { ApplicationId = id.ToString() }, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: ct);
            var rules = application.OauthConfiguration?.DynamicClientRegistration ?? new DynamicClientRegistration();
            return ApiEnvelope.Ok(new JsonArray([.. reply.Uris.Where(uri => RedirectRules.Problem(rules, uri.Uri) is not null).Select(Show)]));
        });
    }

    private static JsonNode Show(RefusedUri uri) => new JsonObject
    {
        ["uri"] = uri.Uri,
        ["client_name"] = uri.ClientName,
        ["attempts"] = uri.Attempts,
        ["first_at"] = uri.FirstAt.ToDateTimeOffset(),
        ["last_at"] = uri.LastAt.ToDateTimeOffset(),
    };
}
