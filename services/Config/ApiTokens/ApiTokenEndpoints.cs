using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Tokens;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary><c>/tokens</c>: tokens of the admin API. The token itself is shown once, when it is made or rolled.</summary>
public static class ApiTokenEndpoints
{
    public static void MapApiTokens(this RouteGroupBuilder account)
    {
        ArgumentNullException.ThrowIfNull(account);
        var tokens = account.MapReads<ApiToken, ApiTokenObject>();
        tokens.MapGet("/permission_groups", () => ApiEnvelope.Ok(new JsonArray([.. ApiPermissions.All.Select(entry => new JsonObject { ["id"] = entry.Id, ["name"] = entry.Name })])))
            .Answers(ListOf(Of(("id", Text), ("name", Text))));
        tokens.MapGet("/verify", Verify).AllowAnyPermission().Answers(Of(("id", Text), ("status", Text), ("permissions", Texts), ("expires_on?", Time), ("not_before?", Time)));
        tokens.MapPost("/", Create);
        tokens.MapReplace("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, CancellationToken ct) => endpoints.Replace(id, request, ct));
        tokens.MapPut("/{id:guid}/value", Roll).Answers(Text);
        tokens.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, CancellationToken ct) => endpoints.Remove(id, ct, StatusCodes.Status200OK));
    }

    private static IResult Verify(HttpContext context, Feed.ConfigurationLog log)
    {
        var caller = ApiCaller.Of(context)!;
        var shown = new JsonObject
        {
            ["id"] = caller.Key,
            ["status"] = "active",
            ["permissions"] = new JsonArray([.. caller.Permissions.Select(permission => JsonValue.Create(ApiPermissions.IdOf(permission)))]),
        };
        var token = log.Current.ApiTokens.Values.FirstOrDefault(token => token.Id.ToString() == caller.Key);
        foreach (var (member, time) in new[] { ("expires_on", token?.ExpiresAt), ("not_before", token?.NotBefore) })
        {
            if (time is not null)
            {
                shown[member] = time;
            }
        }

        return ApiEnvelope.Ok(shown);
    }

    private static Task<IResult> Create(HttpRequest request, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, ApiTokenKind kind, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create(SecretPrefixes.ApiToken);
        return endpoints.Create(
            request,
            ct,
            (body, id, draft) => kind.Read(body, id, null, draft) with { Hash = ServiceTokenSecret.Hash(secret) },
            show: node => node["value"] = secret);
    }

    private static Task<IResult> Roll(Guid id, HttpRequest request, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create(SecretPrefixes.ApiToken);
        var caller = ApiCaller.Of(request.HttpContext)!;
        return endpoints.Replace(
            id,
            request,
            ct,
            (body, existing, _) =>
            {
                body.RefuseMoreThan(existing, caller);
                return existing with { Hash = ServiceTokenSecret.Hash(secret) };
            },
            changed: token => new ApiTokenRolled(token),
            show: node => node["value"] = secret,
            bodyOptional: true,
            answer: node => node["value"]!.DeepClone());
    }
}
