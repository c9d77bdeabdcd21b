using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>
/// Decides which of a server's tools or prompts a portal has, and under which names. The portal's word comes before the server's, and both
/// before the definition:
/// <list type="number">
/// <item>Names that cannot be passed on, and the second of two equal ones, are left out.</item>
/// <item>What is not approved is in quarantine, whatever the switches say.</item>
/// <item>On or off, and the name: as <see cref="CapabilityUpdates"/> says. An alias that another one bears as its own name is not followed.</item>
/// </list>
/// </summary>
internal static class PortalCuration
{
    /// <summary>Most tools, and most prompts, of one server.</summary>
    internal const int Maximum = 1000;

    internal static List<PortalCapability> Curate(
        string serverId,
        IReadOnlyList<McpDefinition> definitions,
        IReadOnlyList<McpCapabilityUpdate> ofPortal,
        IReadOnlyList<McpCapabilityUpdate> ofServer,
        bool defaultDisabled,
        IReadOnlyList<McpToolPolicy> policies)
    {
        var updates = new CapabilityUpdates(ofPortal, ofServer);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);

        // Own names are taken before aliases, so that an alias never takes a tool's place.
        foreach (var definition in definitions.Take(Maximum).Where(definition => updates.AliasOf(definition.Name) is null))
        {
            names.TryAdd(definition.Name, definition.Name);
        }

        var known = new HashSet<string>(StringComparer.Ordinal);
        var result = new List<PortalCapability>(Math.Min(definitions.Count, Maximum));
        foreach (var definition in definitions.Take(Maximum))
        {
            if (Refuse(definition, known) is var (state, problem))
            {
                result.Add(new PortalCapability { VisibleName = "", Name = definition.Name, Source = definition, State = state, Problem = problem });
                continue;
            }

            var (name, remark) = Name(definition.Name, updates.AliasOf(definition.Name), names);
            if (name is null)
            {
                result.Add(new PortalCapability { VisibleName = "", Name = definition.Name, Source = definition, State = PortalCapabilityState.Duplicate, Problem = "another one has its name as an alias" });
                continue;
            }

            var visible = PortalNames.Join(serverId, name);
            result.Add(new PortalCapability
            {
                VisibleName = visible,
                Name = definition.Name,
                Source = definition,
                State = StateOf(definition, updates.IsEnabled(definition.Name, defaultDisabled)),
                Problem = remark,
                Definition = PortalDefinition.Write(definition.Definition, visible, updates.DescriptionOf(definition.Name)),
                Policies = [.. policies.Where(policy => policy.Tools.Any(pattern => Matches(pattern, definition.Name)))],
            });
        }

        return result;
    }

    /// <summary>Whether a pattern of a tool policy takes a tool in: its name, or its beginning before a final star.</summary>
    internal static bool Matches(string pattern, string name)
        => pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == name;

    private static (PortalCapabilityState State, string Problem)? Refuse(McpDefinition definition, HashSet<string> known)
    {
        if (!PortalNames.IsCapabilityName(definition.Name))
        {
            return (PortalCapabilityState.Invalid, "its name cannot be passed on");
        }

        if (definition.Definition.ValueKind != JsonValueKind.Object || definition.Definition.GetRawText().Length > PortalDefinition.MaximumLength)
        {
            return (PortalCapabilityState.Invalid, "its definition is too long or no object");
        }

        return known.Add(definition.Name) ? null : (PortalCapabilityState.Duplicate, "the server has two of this name");
    }

    private static PortalCapabilityState StateOf(McpDefinition definition, bool isEnabled)
        => !definition.Approved ? PortalCapabilityState.Quarantined : isEnabled ? PortalCapabilityState.Available : PortalCapabilityState.Disabled;

    private static (string? Name, string Remark) Name(string own, string? alias, Dictionary<string, string> names)
    {
        if (alias is not null && PortalNames.IsAlias(alias) && Takes(alias, own, names))
        {
            return (alias, "");
        }

        return Takes(own, own, names) ? (own, alias is null ? "" : $"the alias {alias} is taken or none") : (null, "");
    }

    private static bool Takes(string name, string own, Dictionary<string, string> names)
        => names.TryAdd(name, own) || names[name] == own;
}
