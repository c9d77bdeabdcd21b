using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary><c>/tokens</c>: tokens of the admin API. The token itself is shown once, when it is made or rolled.</summary>
public static class ApiTokenEndpoints
{
    public static void MapApiTokens(this RouteGroupBuilder account)
    {
        ArgumentNullException.ThrowIfNull(account);
        var tokens = account.MapGroup("/tokens").RequirePermission(ApiPermission.ApiTokensRead, ApiPermission.ApiTokensWrite);
        tokens.MapGet("/", (HttpRequest request, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints) => endpoints.List(request, token => token.Name));
        tokens.MapGet("/permission_groups", () => ApiEnvelope.Ok(new JsonArray([.. ApiPermissions.All.Select(entry => new JsonObject { ["id"] = entry.Id, ["name"] = entry.Name })])));
        tokens.MapGet("/verify", Verify).AllowAnyPermission();
        tokens.MapGet("/{id:guid}", (Guid id, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, CancellationToken ct) => endpoints.Get(id, ct));
        tokens.MapPost("/", Create);
        tokens.MapReplace("/{id:guid}", Replace);
        tokens.MapPut("/{id:guid}/value", Roll);
        tokens.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, CancellationToken ct) => endpoints.Remove(id, ct));
    }

    private static IResult Verify(HttpContext context)
    {
        var caller = ApiCaller.Of(context)!;
        return ApiEnvelope.Ok(new JsonObject
        {
            ["id"] = caller.Key,
            ["status"] = "active",
            ["permissions"] = new JsonArray([.. caller.Permissions.Select(permission => JsonValue.Create(ApiPermissions.IdOf(permission)))]),
        });
    }

    private static Task<IResult> Create(HttpRequest request, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create(SecretPrefixes.ApiToken);
        var caller = ApiCaller.Of(request.HttpContext)!;
        return endpoints.Create(
            request,
            (body, id, _) => ApiTokenReader.Read(body, new ApiToken { Id = id, Name = "", Hash = ServiceTokenSecret.Hash(secret), Permissions = [] }, caller, clock.GetUtcNow()),
            ct,
            show: node => node["value"] = secret);
    }

    private static Task<IResult> Replace(Guid id, HttpRequest request, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
    {
        var caller = ApiCaller.Of(request.HttpContext)!;
        return endpoints.Replace(
            id,
            request,
            (body, existing, _) =>
            {
                body.RefuseMoreThan(existing, caller);
                return ApiTokenReader.Read(body, existing, caller, clock.GetUtcNow());
            },
            ct);
    }

    private static Task<IResult> Roll(Guid id, HttpRequest request, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create(SecretPrefixes.ApiToken);
        var caller = ApiCaller.Of(request.HttpContext)!;
        return endpoints.Replace(
            id,
            request,
            (body, existing, _) =>
            {
                body.RefuseMoreThan(existing, caller);
                return existing with { Hash = ServiceTokenSecret.Hash(secret) };
            },
            ct,
            changed: token => new ApiTokenRolled(token),
            show: node => node["value"] = secret,
            bodyOptional: true,
            answer: node => node["value"]!.DeepClone());
    }
}
