using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.McpServers;

/// <summary>The fields for what an administrator says about tools and prompts: switch, alias, description. What is not on the form stays.</summary>
public static class CapabilityForm
{
    /// <summary>The name of a field of a row.</summary>
    public static string Field(int row, string member) => string.Create(CultureInfo.InvariantCulture, $"/{row}/{member}");

    /// <summary>What is said about one; null when nothing is.</summary>
    /// <param name="holder">The server, or a portal's entry of it.</param>
    /// <param name="capability">The tool or prompt.</param>
    public static JsonObject? UpdateOf(JsonObject holder, McpCapability capability)
    {
        ArgumentNullException.ThrowIfNull(holder);
        ArgumentNullException.ThrowIfNull(capability);
        return (holder[capability.Member] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(update => (string?)update["name"] == capability.Name);
    }

    /// <summary>What is wrong with what is said about one.</summary>
    /// <param name="draft">Holds the errors.</param>
    /// <param name="pointer">Where the holder stands in the draft.</param>
    /// <param name="holder">The server, or a portal's entry of it.</param>
    /// <param name="capability">The tool or prompt.</param>
    public static string? Error(Draft draft, string pointer, JsonObject holder, McpCapability capability)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return PointerOf(pointer, holder, capability) is { } said ? draft.Error(said) : null;
    }

    /// <summary>Where what is said about one stands in the draft; null when nothing is.</summary>
    /// <param name="pointer">Where the holder stands in the draft.</param>
    /// <param name="holder">The server, or a portal's entry of it.</param>
    /// <param name="capability">The tool or prompt.</param>
    public static string? PointerOf(string pointer, JsonObject holder, McpCapability capability)
        => UpdateOf(holder, capability) is { } update && holder[capability.Member] is JsonArray list ? string.Create(CultureInfo.InvariantCulture, $"{pointer}/{capability.Member}/{list.IndexOf(update)}") : null;

    /// <summary>Puts the rows of the form into the holder.</summary>
    public static void Take(JsonObject holder, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(holder);
        ArgumentNullException.ThrowIfNull(form);
        for (var row = 0; row < CapabilityPage.PerPage && form[Field(row, "name")].ToString() is { Length: > 0 } name; row++)
        {
            var kind = form[Field(row, "kind")] == "prompts" ? "prompts" : "tools";
            Put(holder, new McpCapability(kind, name, "", true), Text(form, row, "enabled"), Text(form, row, "alias"), Text(form, row, "description"));
        }
    }

    /// <summary>Says something about one, in place of what was said.</summary>
    /// <param name="holder">The server, or a portal's entry of it.</param>
    /// <param name="capability">The tool or prompt.</param>
    /// <param name="enabled"><c>on</c>, <c>off</c>, or empty to say nothing.</param>
    /// <param name="alias">Empty = its own name.</param>
    /// <param name="description">Empty = its own.</param>
    public static void Put(JsonObject holder, McpCapability capability, string enabled, string alias, string description)
    {
        ArgumentNullException.ThrowIfNull(holder);
        ArgumentNullException.ThrowIfNull(capability);
        var update = new JsonObject { ["name"] = capability.Name };
        if (enabled.Length > 0)
        {
            update["enabled"] = enabled == "on";
        }

        if (alias.Length > 0)
        {
            update["alias"] = alias;
        }

        if (description.Length > 0)
        {
            update["description"] = description;
        }

        var list = holder[capability.Member] as JsonArray;
        if (list is null)
        {
            holder[capability.Member] = list = [];
        }

        var at = UpdateOf(holder, capability) is { } before ? list.IndexOf(before) : -1;
        if (update.Count == 1)
        {
            if (at >= 0)
            {
                list.RemoveAt(at);
            }
        }
        else if (at >= 0)
        {
            list[at] = update;
        }
        else
        {
            list.Add((JsonNode)update);
        }
    }

    private static string Text(IFormCollection form, int row, string member) => form[Field(row, member)].ToString().Replace("\r\n", "\n", StringComparison.Ordinal).Trim();
}
