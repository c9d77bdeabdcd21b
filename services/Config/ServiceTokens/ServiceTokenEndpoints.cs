using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary><c>/access/service_tokens</c>: create and rotate show the secret, once; nothing else ever does.</summary>
public static class ServiceTokenEndpoints
{
    private static readonly TimeSpan s_longestGrace = TimeSpan.FromDays(30);

    public static void MapServiceTokens(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var tokens = access.MapReads<ServiceToken, ServiceTokenObject>();
        tokens.MapPost("/", Create);
        tokens.MapReplace("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, CancellationToken ct) => endpoints.Replace(id, request, ct));
        tokens.MapPost("/{id:guid}/rotate", Rotate);
        tokens.MapPost("/{id:guid}/refresh", (Guid id, HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
            => endpoints.Replace(id, request, ct, (_, existing, _) => existing with { ExpiresAt = ServiceTokenReader.ExpiryOf(existing.Duration, clock.GetUtcNow()) }, bodyOptional: true));
        tokens.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, CancellationToken ct) => endpoints.Remove(id, ct, StatusCodes.Status200OK));
    }

    private static Task<IResult> Create(HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, ServiceTokenKind kind, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create();
        return endpoints.Create(
            request,
            ct,
            (body, id, draft) => kind.Read(body, id, null, draft) with { SecretHash = ServiceTokenSecret.Hash(secret) },
            show: node => node["client_secret"] = secret);
    }

    private static Task<IResult> Rotate(Guid id, HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create();
        return endpoints.Replace(
            id,
            request,
            ct,
            (body, existing, _) =>
            {
                var grace = Grace(body, clock.GetUtcNow());
                return existing with
                {
                    SecretHash = ServiceTokenSecret.Hash(secret),
                    PreviousSecretHash = grace is null ? null : existing.SecretHash,
                    PreviousSecretExpiresAt = grace,
                    ClientSecretVersion = existing.ClientSecretVersion + 1,
                };
            },
            changed: token => new ServiceTokenRotated(token),
            show: node => node["client_secret"] = secret,
            bodyOptional: true);
    }

    // Absent: the previous secret is dead at once.
    private static DateTimeOffset? Grace(BodyReader body, DateTimeOffset now)
    {
        const string Member = "previous_client_secret_expires_at";
        if (body.OptionalText(Member, 40) is not { } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at)
            && at > now && at <= now + s_longestGrace)
        {
            return at;
        }

        body.Refuse(Member, $"{Member} is a time (RFC 3339) in the next 30 days");
        return null;
    }
}
