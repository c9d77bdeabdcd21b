using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.ServiceDefaults.Snapshots;

/// <summary>Applies entries of the feed to a snapshot. Pure: the same snapshot and entries give the same result.</summary>
/// <remarks>
/// An entry that cannot be read (a newer Config writes what this version does not know) must not stop the rest, and must not
/// open anything: objects that only ever admit are left out, a policy is replaced by one that denies everyone, because it might
/// have been a denying one.
/// </remarks>
internal static class ConfigurationFold
{
    /// <summary>Applies one entry.</summary>
    /// <param name="snapshot">What there is.</param>
    /// <param name="entry">What changes.</param>
    /// <param name="unreadable">Told when the entry could not be read.</param>
    public static ConfigurationSnapshot Apply(ConfigurationSnapshot snapshot, ConfigEntry entry, Action<ConfigEntry, Exception?> unreadable)
    {
        if (!Guid.TryParse(entry.Id, out var id))
        {
            unreadable(entry, null);
            return snapshot;
        }

        switch (entry.Kind)
        {
            case "application":
                return snapshot with { Applications = Apply(snapshot.Applications, id, entry, ConfigurationJson.Default.Application, o => o.Version, null, unreadable) };
            case "policy":
                return snapshot with { Policies = Apply(snapshot.Policies, id, entry, ConfigurationJson.Default.Policy, o => o.Version, DenyEveryone, unreadable) };
            case "group":
                return snapshot with { Groups = Apply(snapshot.Groups, id, entry, ConfigurationJson.Default.Group, o => o.Version, null, unreadable) };
            case "identity_provider":
                return snapshot with { IdentityProviders = Apply(snapshot.IdentityProviders, id, entry, ConfigurationJson.Default.IdentityProvider, o => o.Version, null, unreadable) };
            case "service_token":
                return snapshot with { ServiceTokens = Apply(snapshot.ServiceTokens, id, entry, ConfigurationJson.Default.ServiceToken, o => o.Version, null, unreadable) };
            case "list":
                return snapshot with { Lists = Apply(snapshot.Lists, id, entry, ConfigurationJson.Default.AccessList, o => o.Version, null, unreadable) };
            case "custom_page":
                return snapshot with { CustomPages = Apply(snapshot.CustomPages, id, entry, ConfigurationJson.Default.CustomPage, o => o.Version, null, unreadable) };
            case "mcp_server":
                return snapshot with { McpServers = Apply(snapshot.McpServers, id, entry, ConfigurationJson.Default.McpServer, o => o.Version, null, unreadable) };
            case "mcp_portal":
                return snapshot with { McpPortals = Apply(snapshot.McpPortals, id, entry, ConfigurationJson.Default.McpPortal, o => o.Version, null, unreadable) };
            case "mcp_catalog":
                return snapshot with { McpCatalogs = Apply(snapshot.McpCatalogs, id, entry, ConfigurationJson.Default.McpCatalog, o => o.Version, null, unreadable) };
            case "organization":
                return snapshot with { Organization = ApplyOrganization(snapshot.Organization, id, entry, unreadable) };
            default:
                // A kind of a newer version: whoever does not know it does not need it.
                unreadable(entry, null);
                return snapshot;
        }
    }

    private static ImmutableDictionary<Guid, T> Apply<T>(
        ImmutableDictionary<Guid, T> objects, Guid id, ConfigEntry entry, JsonTypeInfo<T> type,
        Func<T, long> versionOf, Func<Guid, ConfigEntry, T>? whenUnreadable, Action<ConfigEntry, Exception?> unreadable)
        where T : class
    {
        if (entry.Deleted)
        {
            return objects.Remove(id);
        }

        // What was sent twice or late never takes an object back to an older version.
        if (objects.TryGetValue(id, out var known) && versionOf(known) >= entry.Version)
        {
            return objects;
        }

        if (Read(entry, type, unreadable) is { } read)
        {
            return objects.SetItem(id, read);
        }

        return whenUnreadable is null ? objects.Remove(id) : objects.SetItem(id, whenUnreadable(id, entry));
    }

    // There is one organization; without a readable one the last stays, for it only holds settings.
    private static Organization? ApplyOrganization(Organization? known, Guid id, ConfigEntry entry, Action<ConfigEntry, Exception?> unreadable)
    {
        if (entry.Deleted)
        {
            return known?.Id == id ? null : known;
        }

        return known?.Id == id && known.Version >= entry.Version
            ? known
            : Read(entry, ConfigurationJson.Default.Organization, unreadable) ?? known;
    }

    private static T? Read<T>(ConfigEntry entry, JsonTypeInfo<T> type, Action<ConfigEntry, Exception?> unreadable)
        where T : class
    {
        try
        {
            if (JsonSerializer.Deserialize(entry.Json.Span, type) is { } read)
            {
                return read;
            }

            unreadable(entry, null);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or FormatException or ArgumentException)
        {
            unreadable(entry, exception);
        }

        return null;
    }

    private static Policy DenyEveryone(Guid id, ConfigEntry entry) => new()
    {
        Id = id,
        Name = "unreadable policy",
        Decision = PolicyAction.Deny,
        Include = [new Rule.Everyone()],
        Version = entry.Version,
    };
}
