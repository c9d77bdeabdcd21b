using System.Collections.Immutable;
using ManagedOAuth.Config.Applications;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.Feed;

/// <summary>One object in the feed: the position of its last change, and the object, or null when it was removed.</summary>
public sealed record FeedEntry(string Kind, Guid Id, long Version, long Position, object? State);

/// <summary>The configuration as this process last read it from its database; immutable.</summary>
public sealed record ConfigurationState
{
    /// <summary>Nothing read yet.</summary>
    public static readonly ConfigurationState Empty = new();

    private const int MostRecent = 1000;

    public ConfigurationSnapshot Snapshot { get; init; } = ConfigurationSnapshot.Empty;

    /// <summary>Every object that was ever there, removed ones included.</summary>
    public ImmutableDictionary<Guid, FeedEntry> Entries { get; init; } = ImmutableDictionary<Guid, FeedEntry>.Empty;

    /// <summary>The last changes, oldest first: what a reader that is nearly there has not got yet is found without looking at everything.</summary>
    private ImmutableList<(long Position, Guid Id)> Recent { get; init; } = [];

    /// <summary>Admin API tokens by hash; they are in no feed.</summary>
    public ImmutableDictionary<string, ApiToken> ApiTokens { get; init; } = ImmutableDictionary<string, ApiToken>.Empty;

    /// <summary>Which application has a public address.</summary>
    public ImmutableDictionary<string, Guid> Addresses { get; init; } = ImmutableDictionary<string, Guid>.Empty;

    /// <summary>The last time the database was read successfully.</summary>
    public DateTimeOffset ReadAt { get; init; }

    /// <summary>The position at which everything was loaded; for what changed before it, only the outcome is known, not when.</summary>
    public long Floor { get; init; }

    /// <summary>The state after one event; an event of a type that is no configuration changes the position only.</summary>
    public ConfigurationState After(object e, Guid streamId, long version, long position)
    {
        var state = e switch
        {
            ApplicationCreated created => With("application", streamId, version, position, created.Application),
            ApplicationChanged changed => With("application", streamId, version, position, changed.Application),
            PolicyCreated created => With("policy", streamId, version, position, created.Policy),
            PolicyAltered changed => With("policy", streamId, version, position, changed.Policy),
            GroupCreated created => With("group", streamId, version, position, created.Group),
            GroupChanged changed => With("group", streamId, version, position, changed.Group),
            IdentityProviderCreated created => With("identity_provider", streamId, version, position, created.IdentityProvider),
            IdentityProviderChanged changed => With("identity_provider", streamId, version, position, changed.IdentityProvider),
            ServiceTokenCreated created => With("service_token", streamId, version, position, created.ServiceToken),
            ServiceTokenChanged changed => With("service_token", streamId, version, position, changed.ServiceToken),
            ServiceTokenRotated rotated => With("service_token", streamId, version, position, rotated.ServiceToken),
            OrganizationCreated created => With("organization", streamId, version, position, created.Organization),
            OrganizationChanged changed => With("organization", streamId, version, position, changed.Organization),
            AccessListCreated created => With("list", streamId, version, position, created.AccessList),
            AccessListChanged changed => With("list", streamId, version, position, changed.AccessList),
            CustomPageCreated created => With("custom_page", streamId, version, position, created.CustomPage),
            CustomPageChanged changed => With("custom_page", streamId, version, position, changed.CustomPage),
            TagCreated created => With("tag", streamId, version, position, created.Tag),
            TagChanged changed => With("tag", streamId, version, position, changed.Tag),
            McpServerCreated created => With("mcp_server", streamId, version, position, created.McpServer),
            McpServerChanged changed => With("mcp_server", streamId, version, position, changed.McpServer),
            McpPortalCreated created => With("mcp_portal", streamId, version, position, created.McpPortal),
            McpPortalChanged changed => With("mcp_portal", streamId, version, position, changed.McpPortal),
            McpCatalogCreated created => With("mcp_catalog", streamId, version, position, created.McpCatalog),
            McpCatalogChanged changed => With("mcp_catalog", streamId, version, position, changed.McpCatalog),
            McpDefinitionsApproved approved => With("mcp_catalog", streamId, version, position, approved.McpCatalog),
            ApplicationRemoved or PolicyRemoved or GroupRemoved or IdentityProviderRemoved or ServiceTokenRemoved or AccessListRemoved or CustomPageRemoved or TagRemoved
                or McpServerRemoved or McpPortalRemoved or McpCatalogRemoved
                => With(Entries.GetValueOrDefault(streamId)?.Kind ?? KindOf(e), streamId, version, position, null),
            ApiTokenCreated created => With(created.ApiToken),
            ApiTokenChanged changed => With(changed.ApiToken),
            ApiTokenRolled rolled => With(rolled.ApiToken),
            ApiTokenRemoved removed => this with { ApiTokens = Without(removed.Id) },
            _ => this,
        };
        return state.At(position);
    }

    /// <summary>The state with one object as it is now; an older version than the one known changes nothing.</summary>
    public ConfigurationState With(string kind, Guid id, long version, long position, object? value)
    {
        if (Entries.TryGetValue(id, out var known) && known.Version >= version)
        {
            return this;
        }

        return this with
        {
            Entries = Entries.SetItem(id, new FeedEntry(kind, id, version, position, value)),
            Recent = position == 0 ? Recent : (Recent.Count < MostRecent ? Recent : Recent.RemoveAt(0)).Add((position, id)),
            Snapshot = Apply(kind, id, value),
            Addresses = kind == "application" ? AddressClaims.Move(Addresses, id, known?.State as Application, value as Application) : Addresses,
        };
    }

    /// <summary>The objects that changed after a position.</summary>
    public IEnumerable<FeedEntry> Since(long position)
    {
        if (Recent.IsEmpty || Recent[0].Position > position)
        {
            return Entries.Values.Where(entry => entry.Position > position);
        }

        var changed = new HashSet<Guid>();
        for (var index = Recent.Count - 1; Recent[index].Position > position; index--)
        {
            changed.Add(Recent[index].Id);
        }

        return changed.Select(id => Entries[id]);
    }

    /// <summary>The state with everything up to this position in it.</summary>
    public ConfigurationState At(long position)
        => position <= Snapshot.Position ? this : this with { Snapshot = Snapshot with { Position = position } };

    private ConfigurationState With(ApiToken token) => this with { ApiTokens = Without(token.Id).SetItem(token.Hash, token) };

    private ImmutableDictionary<string, ApiToken> Without(Guid token)
        => ApiTokens.RemoveRange(ApiTokens.Where(pair => pair.Value.Id == token).Select(pair => pair.Key));

    private ConfigurationSnapshot Apply(string kind, Guid id, object? value) => kind switch
    {
        "application" => Snapshot with { Applications = Set(Snapshot.Applications, id, value) },
        "policy" => Snapshot with { Policies = Set(Snapshot.Policies, id, value) },
        "group" => Snapshot with { Groups = Set(Snapshot.Groups, id, value) },
        "identity_provider" => Snapshot with { IdentityProviders = Set(Snapshot.IdentityProviders, id, value) },
        "service_token" => Snapshot with { ServiceTokens = Set(Snapshot.ServiceTokens, id, value) },
        "list" => Snapshot with { Lists = Set(Snapshot.Lists, id, value) },
        "custom_page" => Snapshot with { CustomPages = Set(Snapshot.CustomPages, id, value) },
        "tag" => Snapshot with { Tags = Set(Snapshot.Tags, id, value) },
        "mcp_server" => Snapshot with { McpServers = Set(Snapshot.McpServers, id, value) },
        "mcp_portal" => Snapshot with { McpPortals = Set(Snapshot.McpPortals, id, value) },
        "mcp_catalog" => Snapshot with { McpCatalogs = Set(Snapshot.McpCatalogs, id, value) },
        "organization" => Snapshot with { Organization = value as Organization },
        _ => Snapshot,
    };

    private static ImmutableDictionary<Guid, T> Set<T>(ImmutableDictionary<Guid, T> map, Guid id, object? value)
        where T : class
        => value is T state ? map.SetItem(id, state) : map.Remove(id);

    private static string KindOf(object removed) => removed switch
    {
        ApplicationRemoved => "application",
        PolicyRemoved => "policy",
        GroupRemoved => "group",
        IdentityProviderRemoved => "identity_provider",
        AccessListRemoved => "list",
        CustomPageRemoved => "custom_page",
        TagRemoved => "tag",
        McpServerRemoved => "mcp_server",
        McpPortalRemoved => "mcp_portal",
        McpCatalogRemoved => "mcp_catalog",
        _ => "service_token",
    };
}
