using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>What a portal and a server say about the server's tools, or prompts. The portal's word comes before the server's, member by member.</summary>
public sealed class CapabilityUpdates
{
    private readonly Dictionary<string, McpCapabilityUpdate> _ofPortal;
    private readonly Dictionary<string, McpCapabilityUpdate> _ofServer;

    /// <summary>Of several about one name, the first counts.</summary>
    public CapabilityUpdates(IReadOnlyList<McpCapabilityUpdate> ofPortal, IReadOnlyList<McpCapabilityUpdate> ofServer)
    {
        _ofPortal = ByName(ofPortal);
        _ofServer = ByName(ofServer);
    }

    /// <summary>The name that a tool or prompt is given; null = its own.</summary>
    public string? AliasOf(string name) => _ofPortal.GetValueOrDefault(name)?.Alias ?? _ofServer.GetValueOrDefault(name)?.Alias;

    /// <summary>The description that it is given; null = its own.</summary>
    public string? DescriptionOf(string name) => _ofPortal.GetValueOrDefault(name)?.Description ?? _ofServer.GetValueOrDefault(name)?.Description;

    /// <summary>Whether it is on: the portal's switch; else, where everything is off by default, off; else the server's switch; else on.</summary>
    public bool IsEnabled(string name, bool defaultDisabled)
        => _ofPortal.GetValueOrDefault(name)?.Enabled ?? (!defaultDisabled && (_ofServer.GetValueOrDefault(name)?.Enabled ?? true));

    /// <summary>The names that several would have, each with who would have it.</summary>
    /// <param name="known">The names that the server gives, as far as it has been read; those that are only spoken of count too.</param>
    public IEnumerable<IGrouping<string, string>> Clashes(IEnumerable<string> known)
        => known.Concat(_ofPortal.Keys).Concat(_ofServer.Keys).Distinct(StringComparer.Ordinal)
            .GroupBy(name => AliasOf(name) ?? name, StringComparer.Ordinal)
            .Where(same => same.Count() > 1);

    private static Dictionary<string, McpCapabilityUpdate> ByName(IReadOnlyList<McpCapabilityUpdate> updates)
    {
        ArgumentNullException.ThrowIfNull(updates);
        var result = new Dictionary<string, McpCapabilityUpdate>(StringComparer.Ordinal);
        foreach (var update in updates)
        {
            result.TryAdd(update.Name, update);
        }

        return result;
    }
}
