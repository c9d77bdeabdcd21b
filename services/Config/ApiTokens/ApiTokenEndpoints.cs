using System.Globalization;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary><c>/tokens</c>: making a token needs write permission, like every change; the token itself is shown once.</summary>
public static class ApiTokenEndpoints
{
    public static void MapApiTokens(this RouteGroupBuilder account)
    {
        ArgumentNullException.ThrowIfNull(account);
        var tokens = account.MapGroup("/tokens");
        tokens.MapGet("/", (HttpRequest request, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints) => endpoints.List(request, token => token.Name));
        tokens.MapGet("/{id:guid}", (Guid id, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, CancellationToken ct) => endpoints.Get(id, ct));
        tokens.MapPost("/", (HttpRequest request, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, TimeProvider clock, CancellationToken ct) =>
        {
            var secret = ServiceTokenSecret.Create(SecretPrefixes.ApiToken);
            return endpoints.Create(request, (body, id, _) => Read(body, id, secret, clock.GetUtcNow()), ct, show: node => node["value"] = secret);
        });
        tokens.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<ApiToken, ApiTokenObject> endpoints, CancellationToken ct) => endpoints.Remove(id, ct));
    }

    private static ApiToken Read(BodyReader body, Guid id, string secret, DateTimeOffset now)
    {
        var permissions = new List<ApiPermission>();
        foreach (var name in body.Texts("permissions", 2, 10))
        {
            switch (name)
            {
                case "read": permissions.Add(ApiPermission.Read); break;
                case "write": permissions.Add(ApiPermission.Write); break;
                default: body.Refuse("permissions", "a permission is read or write"); break;
            }
        }

        if (permissions.Count == 0)
        {
            body.Refuse("permissions", "permissions needs read or write");
        }

        return new ApiToken
        {
            Id = id,
            Name = body.RequiredText("name", 100),
            Hash = ServiceTokenSecret.Hash(secret),
            Permissions = permissions,
            ExpiresAt = Expiry(body, now),
        };
    }

    private static DateTimeOffset? Expiry(BodyReader body, DateTimeOffset now)
    {
        if (body.OptionalText("expires_at", 40) is not { } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at > now)
        {
            return at;
        }

        body.Refuse("expires_at", "expires_at is a time (RFC 3339) in the future");
        return null;
    }
}
