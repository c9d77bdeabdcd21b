using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Config.Portals.Capabilities;

/// <summary>Reads <c>updated_tools</c> and <c>updated_prompts</c>: what an administrator says about the tools and prompts of a server.</summary>
public static class CapabilityReader
{
    private const int Most = 1000;
    private const int LongestDescription = 4096;

    /// <summary>
    /// The updates. A body that says nothing about them keeps them: one that forgets a switch must not turn tools on.
    /// </summary>
    /// <param name="body">The object.</param>
    /// <param name="member"><c>updated_tools</c> or <c>updated_prompts</c>.</param>
    /// <param name="existing">As it is now.</param>
    public static IReadOnlyList<McpCapabilityUpdate> Read(BodyReader body, string member, IReadOnlyList<McpCapabilityUpdate>? existing)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (existing is not null && (!body.Has(member) || body.IsNull(member)))
        {
            return existing;
        }

        var items = body.Items(member, Most);
        var updates = items.Select((item, index) => Read(body.Item(member, index, item))).ToList();
        foreach (var name in updates.GroupBy(update => update.Name, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => same.Key))
        {
            body.Refuse(member, $"{member} names {name} more than once");
        }

        return updates;
    }

    /// <summary>
    /// Refuses aliases by which two tools or prompts of one server would have the same name: a name that is seen leads to exactly one of them. Names of
    /// different servers never meet, because each begins with its server's.
    /// </summary>
    /// <param name="body">Takes the refusals.</param>
    /// <param name="member">Where the aliases stand.</param>
    /// <param name="known">What the server gives, as far as it has been read.</param>
    /// <param name="updates">What is said about it.</param>
    public static void RefuseClashes(BodyReader body, string member, IReadOnlyList<McpDefinition>? known, CapabilityUpdates updates)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(updates);
        foreach (var clash in updates.Clashes((known ?? []).Select(definition => definition.Name)))
        {
            body.Refuse(member, $"{string.Join(" and ", clash.Order(StringComparer.Ordinal))} would all be called {clash.Key}; give them different aliases");
        }
    }

    private static McpCapabilityUpdate Read(BodyReader item)
    {
        var alias = item.OptionalText("alias", PortalNames.MaximumAlias);
        if (alias is { Length: 0 })
        {
            alias = null;
        }

        if (alias is not null && !PortalNames.IsAlias(alias))
        {
            item.Refuse("alias", "alias is 1 to 40 letters and digits, with single hyphens or underscores between them, such as find_issue");
        }

        return new McpCapabilityUpdate
        {
            Name = item.RequiredText("name", PortalNames.MaximumName),
            Enabled = item.Has("enabled") && !item.IsNull("enabled") ? item.Flag("enabled", true) : null,
            Alias = alias,
            Description = item.OptionalText("description", LongestDescription) is { Length: > 0 } description ? description : null,
        };
    }
}
