using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Snapshots;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>Where a request came in, and the one configuration snapshot that everything about it is decided on.</summary>
/// <param name="Edge">What Edge vouches for.</param>
/// <param name="Snapshot">Taken once per request.</param>
/// <param name="IsLoaded">False until the first snapshot has come: nothing can be answered then, not even "not found".</param>
public sealed record RequestScope(EdgeRequest Edge, ConfigurationSnapshot Snapshot, bool IsLoaded)
{
    /// <summary>The scope of this request.</summary>
    public static RequestScope Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var snapshots = context.RequestServices.GetRequiredService<IConfigurationSnapshots>();

        // Loaded is asked before the snapshot is taken: the other order could pair "loaded" with the empty snapshot.
        var loaded = snapshots.IsLoaded;
        return new RequestScope(context.Features.GetRequiredFeature<EdgeRequest>(), snapshots.Current, loaded);
    }

    /// <summary>The application at the asked domain when Managed OAuth is on for it, else null.</summary>
    public Application? ManagedApplication
        => Edge.ApplicationId is { } id && Snapshot.Applications.TryGetValue(id, out var application) && application.ManagedOAuth ? application : null;

    /// <summary>The team domain's origin; null until the organization has been set up.</summary>
    public string? TeamOrigin => TeamOriginOf(Snapshot);

    /// <summary>Whether the request came in at the team domain.</summary>
    public bool IsTeamDomain => Edge.ApplicationId is null && string.Equals(Edge.PublicOrigin, TeamOrigin, StringComparison.OrdinalIgnoreCase);

    /// <summary>The team domain's origin in a snapshot; null until the organization has been set up.</summary>
    public static string? TeamOriginOf(ConfigurationSnapshot snapshot) => snapshot?.Organization?.AuthDomain switch
    {
        null or "" => null,
        var origin when origin.Contains("://", StringComparison.Ordinal) => origin,
        var domain => PublicOrigin.Of(domain),
    };
}
