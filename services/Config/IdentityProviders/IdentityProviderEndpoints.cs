using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary><c>/access/identity_providers</c>: the secret by which one provisions users is shown when it is made, and never again.</summary>
public static class IdentityProviderEndpoints
{
    public static void MapIdentityProviders(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var providers = access.MapReads<IdentityProvider, IdentityProviderObject>();
        providers.MapPost("/", Create);
        providers.MapReplace("/{id:guid}", Replace);
        providers.MapPost("/{id:guid}/refresh_scim_secret", RefreshSecret).Answers(MapOf(Any));
        providers.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<IdentityProvider, IdentityProviderObject> endpoints, CancellationToken ct) => endpoints.Remove(id, ct));
        providers.MapProviderTests();
        providers.MapProvisioned();
    }

    private static Task<IResult> Create(HttpRequest request, ObjectEndpoints<IdentityProvider, IdentityProviderObject> endpoints, IdentityProviderKind kind, CancellationToken ct)
    {
        var secret = new ScimSecret();
        return endpoints.Create(request, ct, (body, id, draft) => secret.WhereNeeded(kind.Read(body, id, null, draft), null), secret.Show);
    }

    private static Task<IResult> Replace(Guid id, HttpRequest request, ObjectEndpoints<IdentityProvider, IdentityProviderObject> endpoints, IdentityProviderKind kind, CancellationToken ct)
    {
        var secret = new ScimSecret();
        return endpoints.Replace(id, request, ct, (body, existing, draft) => secret.WhereNeeded(kind.Read(body, existing.Id, existing, draft), existing), show: secret.Show);
    }

    private static Task<IResult> RefreshSecret(Guid id, HttpRequest request, ObjectEndpoints<IdentityProvider, IdentityProviderObject> endpoints, CancellationToken ct)
    {
        var secret = new ScimSecret();
        return endpoints.Replace(
            id,
            request,
            ct,
            (body, existing, _) =>
            {
                if (existing.ScimConfig is not { Enabled: true })
                {
                    body.Refuse("scim_config/enabled", "the identity provider does not provision users: scim_config.enabled is off");
                }

                return secret.Renewed(existing);
            },
            show: secret.Show,
            bodyOptional: true,
            answer: shown => shown["scim_config"]!.DeepClone());
    }
}
