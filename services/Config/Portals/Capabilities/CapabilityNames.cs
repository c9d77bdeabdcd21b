using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Capabilities;

/// <summary>Refuses names of which two capabilities of one server would have the same: a name that is seen leads to exactly one of them.</summary>
public static class CapabilityNames
{
    /// <summary>
    /// Checks the names after all aliases. Names of different servers never meet, because each begins with its server's.
    /// </summary>
    /// <param name="body">Takes the refusals.</param>
    /// <param name="member">Where the aliases stand.</param>
    /// <param name="known">The names that the server gives, as far as it has been read.</param>
    /// <param name="updates">What is said about them, the most specific first.</param>
    public static void Check(BodyReader body, string member, IEnumerable<string> known, params IReadOnlyList<IReadOnlyList<McpCapabilityUpdate>> updates)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(updates);
        var names = known.Concat(updates.SelectMany(list => list).Select(update => update.Name)).ToHashSet(StringComparer.Ordinal);
        var clashes = names.GroupBy(name => Visible(name, updates), StringComparer.Ordinal).Where(same => same.Count() > 1);
        foreach (var clash in clashes)
        {
            body.Refuse(member, $"{string.Join(" and ", clash.Order(StringComparer.Ordinal))} would all be called {clash.Key}; give them different aliases");
        }
    }

    private static string Visible(string name, IReadOnlyList<IReadOnlyList<McpCapabilityUpdate>> updates)
        => updates.Select(list => list.FirstOrDefault(update => update.Name == name)?.Alias).FirstOrDefault(alias => alias is not null) ?? name;
}
