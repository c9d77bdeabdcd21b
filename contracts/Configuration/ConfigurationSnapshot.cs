using System.Collections.Immutable;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>
/// The whole configuration at one position: immutable maps, replaced per entry. Every decision is made on one snapshot.
/// </summary>
public sealed record ConfigurationSnapshot
{
    /// <summary>Nothing known yet.</summary>
    public static readonly ConfigurationSnapshot Empty = new();

    /// <summary>Identifies the database that the snapshot was read from.</summary>
    public string Epoch { get; init; } = "";

    /// <summary>Every change up to this position is in the snapshot.</summary>
    public long Position { get; init; }

    public ImmutableDictionary<Guid, Application> Applications { get; init; } = ImmutableDictionary<Guid, Application>.Empty;

    public ImmutableDictionary<Guid, Policy> Policies { get; init; } = ImmutableDictionary<Guid, Policy>.Empty;

    public ImmutableDictionary<Guid, Group> Groups { get; init; } = ImmutableDictionary<Guid, Group>.Empty;

    public ImmutableDictionary<Guid, IdentityProvider> IdentityProviders { get; init; } = ImmutableDictionary<Guid, IdentityProvider>.Empty;

    public ImmutableDictionary<Guid, ServiceToken> ServiceTokens { get; init; } = ImmutableDictionary<Guid, ServiceToken>.Empty;

    /// <summary>Lists of addresses that rules refer to.</summary>
    public ImmutableDictionary<Guid, AccessList> Lists { get; init; } = ImmutableDictionary<Guid, AccessList>.Empty;

    public ImmutableDictionary<Guid, CustomPage> CustomPages { get; init; } = ImmutableDictionary<Guid, CustomPage>.Empty;

    public ImmutableDictionary<Guid, McpServer> McpServers { get; init; } = ImmutableDictionary<Guid, McpServer>.Empty;

    public ImmutableDictionary<Guid, McpPortal> McpPortals { get; init; } = ImmutableDictionary<Guid, McpPortal>.Empty;

    /// <summary>By <see cref="McpCatalog.Id"/>.</summary>
    public ImmutableDictionary<Guid, McpCatalog> McpCatalogs { get; init; } = ImmutableDictionary<Guid, McpCatalog>.Empty;

    /// <summary>Known to Config alone: nothing is decided by them.</summary>
    public ImmutableDictionary<Guid, Tag> Tags { get; init; } = ImmutableDictionary<Guid, Tag>.Empty;

    /// <summary>Null until the organization has been set up.</summary>
    public Organization? Organization { get; init; }

    /// <summary>Countries of addresses, which each process reads from a file of its own; null = none is known. It is in no feed.</summary>
    public CountryNetworks? Countries { get; init; }

    /// <summary>The page that is shown for an application: its own, else the organization's; null = ours.</summary>
    public CustomPage? CustomPageOf(Application application, CustomPageType type)
    {
        ArgumentNullException.ThrowIfNull(application);
        var own = application.CustomPages.Select(id => CustomPages.GetValueOrDefault(id)).FirstOrDefault(page => page?.Type == type);
        var shared = type == CustomPageType.Forbidden ? Organization?.CustomPages?.Forbidden : Organization?.CustomPages?.IdentityDenied;
        return own ?? (shared is { } id ? CustomPages.GetValueOrDefault(id) : null);
    }

    /// <summary>
    /// The policies of an application in the order of their precedence. A reference to a policy that is not in the snapshot is left out here;
    /// <see cref="PolicyReferencesOf"/> shows it, and whoever decides must look at it: the missing policy might be one that blocks.
    /// </summary>
    public IEnumerable<Policy> PoliciesOf(Application application)
    {
        return PolicyReferencesOf(application).Select(entry => entry.Policy).OfType<Policy>();
    }

    /// <summary>The policies of an application in the order of their precedence; null stands for one that is not in the snapshot.</summary>
    public IEnumerable<(Guid Id, Policy? Policy)> PolicyReferencesOf(Application application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return application.Policies
            .OrderBy(reference => reference.Precedence)
            .Select(reference => (reference.Id, Policies.GetValueOrDefault(reference.Id)));
    }
}
