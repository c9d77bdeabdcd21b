using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>An application as its pages show it.</summary>
public sealed record ApplicationModel
{
    public required Draft Draft { get; init; }

    /// <summary>Entity tag of what is shown, so that a change of somebody else in between is noticed.</summary>
    public string ETag { get; init; } = "";

    /// <summary>What the shown form would do.</summary>
    public Preview? Preview { get; init; }

    /// <summary>The reusable policies that can be attached.</summary>
    public IReadOnlyList<JsonObject> ReusablePolicies { get; init; } = [];

    /// <summary>There are more than those.</summary>
    public bool HasMorePolicies { get; init; }

    public IReadOnlyList<JsonObject> IdentityProviders { get; init; } = [];

    /// <summary>The tags that there are.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<JsonObject> CustomPages { get; init; } = [];

    /// <summary>Redirect URIs that clients asked for and the rules do not admit, newest first; null when the authorization server does not answer.</summary>
    public IReadOnlyList<JsonObject>? RefusedRedirectUris { get; init; }

    /// <summary>Null when the token service does not answer.</summary>
    public long? ActiveGrants { get; init; }

    /// <summary>An address that was tried, and what the policies said.</summary>
    public string TestEmail { get; init; } = "";

    public PolicyDecision? TestDecision { get; init; }

    public string Id => Draft.Text("/id");

    /// <summary>The name as it is stored: the heading does not change while somebody types.</summary>
    public string Name { get; init; } = "";

    public bool ManagedOAuth => Draft.Flag("/oauth_configuration/enabled");

    public string Origin => Draft.Text("/domain") is { Length: > 0 } domain ? PublicOrigin.Of(domain) : "";

    /// <summary>The tabs of an application.</summary>
    public static IReadOnlyList<(string Path, string Text)> TabsOf(string id) =>
    [
        ($"/applications/{id}", "Overview"),
        ($"/applications/{id}/settings", "Settings"),
        ($"/applications/{id}/policies", "Policies"),
        ($"/applications/{id}/advanced", "Advanced settings"),
        ($"/applications/{id}/history", "History"),
    ];
}
