using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary><c>/access/service_tokens</c>: whatever makes a secret shows it, once; nothing else ever does.</summary>
public static class ServiceTokenEndpoints
{
    public static void MapServiceTokens(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var tokens = access.MapReads<ServiceToken, ServiceTokenObject>();
        tokens.MapPost("/", Create);
        tokens.MapReplace("/{id:guid}", Change);
        tokens.MapPost("/{id:guid}/rotate", Rotate).Takes(Of(("previous_client_secret_expires_at?", Time)), isRequired: false).Answers(Kind("service_token"));
        tokens.MapPost("/{id:guid}/refresh", (Guid id, HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
            => endpoints.Replace(id, request, ct, (_, existing, _) => existing with { ExpiresAt = ServiceTokenReader.ExpiryOf(existing.Duration, clock.GetUtcNow()) }, bodyOptional: true))
            .Answers(Kind("service_token"));
        tokens.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, CancellationToken ct) => endpoints.Remove(id, ct, StatusCodes.Status200OK));
    }

    private static Task<IResult> Create(HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, ServiceTokenKind kind, TimeProvider clock, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create();
        return endpoints.Create(
            request,
            ct,
            (body, id, draft) => ServiceTokenRotation.Begin(body, kind.Read(body, id, null, draft), secret, clock.GetUtcNow()),
            show: node => node["client_secret"] = secret);
    }

    // A greater client_secret_version rotates, and only then is there a secret to show.
    private static Task<IResult> Change(
        Guid id, HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, ServiceTokenKind kind, TimeProvider clock, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create();
        var rotated = false;
        return endpoints.Replace(
            id,
            request,
            ct,
            (body, existing, draft) =>
            {
                var token = ServiceTokenRotation.Change(body, kind.Read(body, id, existing, draft), secret, clock.GetUtcNow());
                rotated = token.SecretHash != existing.SecretHash;
                return token;
            },
            changed: token => rotated ? new ServiceTokenRotated(token) : kind.Changed(token),
            show: node => node["client_secret"] = secret,
            isShown: () => rotated);
    }

    private static Task<IResult> Rotate(Guid id, HttpRequest request, ObjectEndpoints<ServiceToken, ServiceTokenObject> endpoints, TimeProvider clock, CancellationToken ct)
    {
        var secret = ServiceTokenSecret.Create();
        return endpoints.Replace(
            id,
            request,
            ct,
            (body, existing, _) => ServiceTokenRotation.Rotate(body, existing, secret, clock.GetUtcNow()),
            changed: token => new ServiceTokenRotated(token),
            show: node => node["client_secret"] = secret,
            bodyOptional: true);
    }
}
