using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Grants;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Users;

/// <summary>
/// Ends access as a whole. Unlike in the original, grants of OAuth clients end with the browser sessions: <c>POST
/// /access/organizations/revoke_user</c> and <c>POST /access/apps/{id}/revoke_tokens</c>.
/// </summary>
public sealed class Revocations(GrantQueries.GrantQueriesClient token, UserQueries.UserQueriesClient people, TimeProvider clock)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    public static void Map(RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        access.MapPost("/apps/{id:guid}/revoke_tokens", (Guid id, HttpContext context, ConfigurationLog log, Revocations revocations, CancellationToken ct)
            => log.Current.Snapshot.Applications.ContainsKey(id)
                ? revocations.EndAsync(context, id, "", ended => new JsonObject { ["ended"] = ended }, ct)
                : Task.FromResult(ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("application"))))
            .RequirePermission(ApiPermission.AppsAndPoliciesRevoke).Answers(Of(("ended", Integer)));
        access.MapPost("/organizations/revoke_user", RevokeUser).RequirePermission(ApiPermission.AppsAndPoliciesRevoke).Takes(Of(("email", Text))).Answers("""{"const":true}""");
    }

    /// <summary>Ends a user's sign-on, then every grant and session: in this order, so that no new one is opened silently in between.</summary>
    public Task<IResult> EndUserAsync(HttpContext context, string email, CancellationToken ct) => Peers.AskAsync("user", Peers.AuthorizationServer, async () =>
    {
        await people.EndSessionsAsync(
            new EndUserSessionsRequest { Email = email, Actor = Peers.ActorOf(context) }, deadline: Deadline(), cancellationToken: ct);
        return await EndAsync(context, null, email, _ => JsonValue.Create(true), ct);
    });

    private static async Task<IResult> RevokeUser(HttpContext context, Revocations revocations, CancellationToken ct)
    {
        var (body, refusal) = await JsonBody.ReadAsync(context.Request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        var reader = new BodyReader(body, []);
        var email = EmailAddress.Lower(reader.RequiredText("email", 320).Trim());

        // An address that nobody can have has nothing to be ended: whoever wrote it would believe that it was.
        if (reader.Errors.Count == 0 && AddressText.WrongEmail(email) is { } reason)
        {
            reader.Refuse("email", reason);
        }

        return reader.Errors.Count > 0
            ? ApiEnvelope.Error(StatusCodes.Status400BadRequest, reader.Errors)
            : await revocations.EndUserAsync(context, email, ct);
    }

    private Task<IResult> EndAsync(HttpContext context, Guid? application, string email, Func<int, JsonNode> answer, CancellationToken ct)
        => GrantEndings.EndAsync(
            token,
            new EndAllRequest
            {
                ApplicationId = application?.ToString() ?? "",
                Email = email,
                Actor = Peers.ActorOf(context),
                Reason = application is null ? "the user was revoked" : "all access to the application was revoked",
            },
            answer,
            clock,
            ct);

    private DateTime Deadline() => clock.GetUtcNow().UtcDateTime + s_deadline;
}
