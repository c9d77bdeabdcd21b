using System.Security.Cryptography;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Applications;

/// <summary><c>/access/apps</c>: applications with their own policies and address claims, each change in one transaction.</summary>
public static class ApplicationEndpoints
{
    public static void MapApplications(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var apps = access.MapGroup("/apps").RequirePermission(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);
        apps.MapGet("/", (HttpRequest request, ObjectEndpoints<Application, ApplicationObject> endpoints) => endpoints.List(request, application => application.Name));
        apps.MapGet("/{id:guid}", (Guid id, ObjectEndpoints<Application, ApplicationObject> endpoints, CancellationToken ct) => endpoints.Get(id, ct));
        apps.MapPost("/", Create);
        apps.MapReplace("/{id:guid}", Replace);
        apps.MapMethods("/{id:guid}/settings", ["PUT", "PATCH"], (Guid id, HttpRequest request, ObjectEndpoints<Application, ApplicationObject> endpoints, CancellationToken ct)
            => endpoints.Replace(id, request, (body, existing, _) => Settings(body, existing), ct));
        apps.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<Application, ApplicationObject> endpoints, CancellationToken ct)
            => endpoints.Remove(id, ct, (session, application) => AddressClaims.Move(session, application, null), StatusCodes.Status202Accepted));
    }

    private static Task<IResult> Create(HttpRequest request, ObjectEndpoints<Application, ApplicationObject> endpoints, ApplicationReader reader, PolicyStreams policies, CancellationToken ct)
    {
        PolicyList list = new([], []);
        var decidedOn = ConfigurationSnapshot.Empty;
        return endpoints.Create(
            request,
            (body, id, snapshot) =>
            {
                decidedOn = snapshot;
                list = PolicyListReader.Read(body, null, snapshot);
                var aud = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
                return reader.Read(body, id, aud, null, snapshot) with { Policies = list.References };
            },
            ct,
            (session, application) =>
            {
                AddressClaims.Move(session, null, application);
                policies.Save(session, list.Inline, decidedOn);
            });
    }

    private static Task<IResult> Replace(Guid id, HttpRequest request, ObjectEndpoints<Application, ApplicationObject> endpoints, ApplicationReader reader, PolicyStreams policies, CancellationToken ct)
    {
        PolicyList list = new([], []);
        var decidedOn = ConfigurationSnapshot.Empty;
        return endpoints.Replace(
            id,
            request,
            (body, existing, snapshot) =>
            {
                decidedOn = snapshot;
                // A body without policies keeps them, as the original does: they have addresses of their own.
                list = body.Has("policies") ? PolicyListReader.Read(body, existing, snapshot) : new PolicyList(existing.Policies, []);
                return reader.Read(body, id, existing.Aud, existing, snapshot) with { Policies = list.References };
            },
            ct,
            (session, before, after) =>
            {
                AddressClaims.Move(session, before, after);
                policies.Save(session, list.Inline, decidedOn);
            });
    }

    /// <summary>The two settings that have an address of their own in the original; what is left out stays as it is.</summary>
    private static Application Settings(BodyReader body, Application existing)
    {
        if (existing.Type != ApplicationType.SelfHosted)
        {
            body.Refuse("allow_iframe", "only applications of type self_hosted have these settings");
        }

        return existing with { AllowIframe = body.Flag("allow_iframe", existing.AllowIframe), SkipInterstitial = body.Flag("skip_interstitial", existing.SkipInterstitial) };
    }
}
