using System.Security.Cryptography;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary><c>/access/service_tokens</c>: create and rotate show the secret, once; nothing else ever does.</summary>
public static class ServiceTokenEndpoints
{
    private const string Forever = "forever";
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(87_600);
    private static readonly TimeSpan s_longestGrace = TimeSpan.FromDays(30);

    public static void MapServiceTokens(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var tokens = access.MapGroup("/service_tokens").RequirePermission(ApiPermission.ServiceTokensRead, ApiPermission.ServiceTokensWrite);
        tokens.MapGet("/", (HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints) => endpoints.List(request, token => token.Name));
        tokens.MapGet("/{id:guid}", (Guid id, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, CancellationToken ct) => endpoints.Get(id, ct));
        tokens.MapPost("/", Create);
        tokens.MapReplace("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
            => endpoints.Replace(id, request, (body, existing, _) => Change(body, existing, clock.GetUtcNow()), ct));
        tokens.MapPost("/{id:guid}/rotate", Rotate);
        tokens.MapPost("/{id:guid}/refresh", (Guid id, HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
            => endpoints.Replace(id, request, (_, existing, _) => existing with { ExpiresAt = ExpiryOf(existing.Duration, clock.GetUtcNow()) }, ct, bodyOptional: true));
        tokens.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, CancellationToken ct) => endpoints.Remove(id, ct));
    }

    private static Task<IResult> Create(HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create();
        return endpoints.Create(
            request,
            (body, id, _) =>
            {
                var duration = Duration(body, "8760h");
                return new ServiceToken
                {
                    Id = id,
                    Name = body.RequiredText("name", 200),
                    ClientId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) + ".access",
                    SecretHash = ServiceTokenSecret.Hash(secret),
                    Duration = duration,
                    ExpiresAt = ExpiryOf(duration, clock.GetUtcNow()),
                    Enabled = body.Flag("enabled", true),
                };
            },
            ct,
            show: node => node["client_secret"] = secret);
    }

    private static ServiceToken Change(BodyReader body, ServiceToken existing, DateTimeOffset now)
    {
        var duration = Duration(body, existing.Duration);
        return existing with
        {
            Name = body.Has("name") ? body.RequiredText("name", 200) : existing.Name,
            Duration = duration,
            ExpiresAt = duration == existing.Duration ? existing.ExpiresAt : ExpiryOf(duration, now),
            Enabled = body.Flag("enabled", existing.Enabled),
        };
    }

    private static Task<IResult> Rotate(Guid id, HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create();
        return endpoints.Replace(
            id,
            request,
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
            ct,
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

    private static string Duration(BodyReader body, string fallback)
        => body.OptionalText("duration", 40) == Forever ? Forever : fallback == Forever && !body.Has("duration") ? Forever : body.Duration("duration", fallback, s_shortest, s_longest);

    private static DateTimeOffset? ExpiryOf(string duration, DateTimeOffset now)
        => GoDuration.TryParse(duration, out var length) ? now + length : null;
}
