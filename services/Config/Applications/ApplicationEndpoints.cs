using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Applications;

/// <summary><c>/access/apps</c>.</summary>
public static class ApplicationEndpoints
{
    public static void MapApplications(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var apps = access.MapObjects<Application, ApplicationObject>();
        apps.MapMethods("/{id:guid}/settings", ["PUT", "PATCH"], (Guid id, HttpRequest request, ObjectEndpoints<Application, ApplicationObject> endpoints, CancellationToken ct)
            => endpoints.Replace(id, request, ct, (body, existing, _) => Settings(body, existing)))
            .Takes(Of(("allow_iframe?", Flag), ("skip_interstitial?", Flag))).Answers(Kind("application"));
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
