using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.History;

/// <summary>What one event says: an object is so from now on, or is gone (no state).</summary>
/// <param name="Kind">Kind of the object, as in the feed.</param>
/// <param name="State">The object after the event; null when it was removed.</param>
public sealed record ConfigurationFact(string Kind, object? State)
{
    /// <summary>The header of an event that brought a version back: which one.</summary>
    public const string RestoredFrom = "restored_from";

    /// <summary>The events that remove an object.</summary>
    public static readonly IReadOnlyList<Type> Removals =
    [
        typeof(ApplicationRemoved), typeof(PolicyRemoved), typeof(GroupRemoved), typeof(IdentityProviderRemoved), typeof(ServiceTokenRemoved),
        typeof(AccessListRemoved), typeof(CustomPageRemoved), typeof(TagRemoved), typeof(ApiTokenRemoved),
        typeof(McpServerRemoved), typeof(McpPortalRemoved),
    ];

    /// <summary>Reads an event; null when it is none of the configuration.</summary>
    public static ConfigurationFact? Of(IEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        return e.Data switch
        {
            ApiTokenCreated created => new("api_token", created.ApiToken),
            ApiTokenChanged changed => new("api_token", changed.ApiToken),
            ApiTokenRolled rolled => new("api_token", rolled.ApiToken),
            ApiTokenRemoved => new("api_token", null),
            _ => ConfigurationState.Empty.After(e.Data, e.StreamId, e.Version, e.Sequence).Entries.TryGetValue(e.StreamId, out var entry)
                ? new(entry.Kind, entry.State)
                : null,
        };
    }
}
