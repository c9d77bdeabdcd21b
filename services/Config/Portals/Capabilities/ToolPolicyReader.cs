using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Config.Portals.Capabilities;

/// <summary>Reads <c>tool_policies</c> of a server (our extension): who may use some of its tools, in addition to the server's own policies.</summary>
public static class ToolPolicyReader
{
    private const int MostEntries = 100;
    private const int MostTools = 200;
    private const int MostPolicies = 20;

    /// <summary>The entries; a body that says nothing about them keeps them.</summary>
    public static IReadOnlyList<McpToolPolicy> Read(BodyReader body, IReadOnlyList<McpToolPolicy>? existing, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(snapshot);
        return existing is not null && !body.Has("tool_policies")
            ? existing
            : [.. body.Items("tool_policies", MostEntries).Select((item, index) => Read(body.Item("tool_policies", index, item), snapshot))];
    }

    private static McpToolPolicy Read(BodyReader item, ConfigurationSnapshot snapshot)
    {
        var tools = item.Texts("tools", MostTools, PortalNames.MaximumName);
        if (tools.Count == 0)
        {
            item.Refuse("tools", "tools names at least one tool; a * at the end stands for any rest");
        }

        foreach (var tool in tools.Where(tool => tool.IndexOf('*', StringComparison.Ordinal) is >= 0 and var star && star != tool.Length - 1))
        {
            item.Refuse("tools", $"{tool}: a * stands at the end of a name alone");
        }

        var policies = item.Items("policies", MostPolicies).Select(IdOf).ToList();
        if (policies.Count == 0)
        {
            item.Refuse("policies", "policies names at least one reusable policy");
        }

        foreach (var (id, index) in policies.Select((id, index) => (id, index)))
        {
            if (id is null || !snapshot.Policies.TryGetValue(id.Value, out var policy) || !policy.Reusable)
            {
                item.Refuse($"policies/{index}", id is null ? "each of policies is the uuid of a reusable policy" : $"there is no reusable policy {id}");
            }
        }

        return new McpToolPolicy { Tools = tools, Policies = [.. policies.OfType<Guid>()] };
    }

    private static Guid? IdOf(JsonElement item)
    {
        var value = item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) ? id : item;
        return value.ValueKind == JsonValueKind.String && value.TryGetGuid(out var parsed) ? parsed : null;
    }
}
