using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.AuthorizationServer;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary><c>/access/identity_providers/{id}/scim/users|groups</c>: what a provider has provisioned.</summary>
public static class ProvisionedEndpoints
{
    private const int MaximumFilter = 512;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    // The query parameter, and the attribute.
    private static readonly (string Parameter, string Attribute)[] s_users = [("cf_resource_id", "id"), ("idp_resource_id", "externalid"), ("username", "username"), ("email", "emails"), ("name", "displayname")];
    private static readonly (string Parameter, string Attribute)[] s_groups = [("cf_resource_id", "id"), ("idp_resource_id", "externalid"), ("name", "displayname")];

    private static readonly string s_resource = Of(
        ("id", Text), ("externalId", Text), ("displayName", Text), ("schemas", Texts), ("meta", Of(("created", Time), ("lastModified", Time))));

    public static void MapProvisioned(this RouteGroupBuilder providers)
    {
        ArgumentNullException.ThrowIfNull(providers);
        providers.MapGet("/{id:guid}/scim/users", (Guid id, HttpRequest request, ScimQueries.ScimQueriesClient scim, TimeProvider clock, CancellationToken ct)
            => ListAsync(id, request, s_users, async (asked, paging) =>
            {
                var reply = await scim.UsersAsync(asked, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: ct);
                return ApiEnvelope.Page(reply.Users.Select(Show), paging, reply.TotalCount);
            })).Describe(s_users).Answers(ListOf(With(s_resource, ("userName", Text), ("active", Flag), ("emails", ListOf(Of(("value", Text), ("primary", Flag)))), ("groups", Texts))));
        providers.MapGet("/{id:guid}/scim/groups", (Guid id, HttpRequest request, ScimQueries.ScimQueriesClient scim, TimeProvider clock, CancellationToken ct)
            => ListAsync(id, request, s_groups, async (asked, paging) =>
            {
                var reply = await scim.GroupsAsync(asked, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: ct);
                return ApiEnvelope.Page(reply.Groups.Select(Show), paging, reply.TotalCount);
            })).Describe(s_groups).Answers(ListOf(With(s_resource, ("member_count", Integer))));
    }

    private static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, (string Parameter, string Attribute)[] filters)
    {
        foreach (var (parameter, attribute) in filters)
        {
            route.Describe(parameter, "string", $"Only those with this whole {attribute}.");
        }

        return route.DescribePage();
    }

    private static async Task<IResult> ListAsync(
        Guid id, HttpRequest request, (string Parameter, string Attribute)[] filters, Func<ScimListRequest, Paging, Task<IResult>> answer)
    {
        if (Paging.From(request.Query) is not { } paging)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
        }

        var asked = new ScimListRequest { ProviderId = id.ToString(), Page = paging.Page, PerPage = paging.PerPage };
        foreach (var (parameter, attribute) in filters)
        {
            var value = request.Query[parameter].ToString();
            if (value.Length > MaximumFilter)
            {
                return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest($"{parameter} has at most {MaximumFilter} characters"));
            }

            if (value.Length > 0)
            {
                asked.Equal[attribute] = value;
            }
        }

        return await Peers.AskAsync("provider", Peers.AuthorizationServer, () => answer(asked, paging));
    }

    private static JsonObject Show(ScimUserView user) => new()
    {
        ["id"] = user.Id,
        ["externalId"] = user.ExternalId,
        ["userName"] = user.UserName,
        ["displayName"] = user.DisplayName,
        ["active"] = user.Active,
        ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"),
        ["emails"] = user.Email.Length == 0 ? new JsonArray() : new JsonArray(new JsonObject { ["value"] = user.Email, ["primary"] = true }),
        ["groups"] = new JsonArray([.. user.Groups.Select(group => JsonValue.Create(group))]),
        ["meta"] = Meta(user.CreatedAt, user.UpdatedAt),
    };

    private static JsonObject Show(ScimGroupView group) => new()
    {
        ["id"] = group.Id,
        ["externalId"] = group.ExternalId,
        ["displayName"] = group.DisplayName,
        ["member_count"] = group.Members,
        ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:Group"),
        ["meta"] = Meta(group.CreatedAt, group.UpdatedAt),
    };

    private static JsonObject Meta(Google.Protobuf.WellKnownTypes.Timestamp created, Google.Protobuf.WellKnownTypes.Timestamp updated)
        => new() { ["created"] = created.ToDateTimeOffset(), ["lastModified"] = updated.ToDateTimeOffset() };
}
