using System.Text.Json;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Config.Portals.Catalogs;

/// <summary>
/// Leaves out what a server must not put into a catalog: names that cannot be passed on, second ones of a name, what is too long, too deep or too
/// many, and characters that would deceive whoever reads them. Pure.
/// </summary>
public static class ReadingLimits
{
    /// <summary>Most tools, most prompts, most resources, most templates of one server.</summary>
    public const int Most = 1000;

    /// <summary>Longest definition, in bytes of JSON.</summary>
    public const int LongestDefinition = 64 * 1024;

    /// <summary>Longest sum of a server's tools and prompts; a catalog is one event, and what was approved before stands beside what is there now.</summary>
    public const int LongestDefinitions = 512 * 1024;

    /// <summary>Longest sum of a server's resources and templates.</summary>
    public const int LongestResources = 128 * 1024;

    /// <summary>Longest instructions.</summary>
    public const int LongestInstructions = 16 * 1024;

    private const int Deepest = 32;
    private const int MostReported = 50;

    /// <summary>The reading with what may stay, and the report of what may not.</summary>
    public static McpReading Apply(McpReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        var dropped = new List<string>(reading.Dropped);
        var left = LongestDefinitions;
        var tools = Definitions("tool", reading.Tools, isTool: true, dropped, ref left);
        var prompts = Definitions("prompt", reading.Prompts, isTool: false, dropped, ref left);
        left = LongestResources;
        var resources = Resources("resource", "uri", reading.Resources, dropped, ref left);
        var templates = Resources("resource template", "uriTemplate", reading.ResourceTemplates, dropped, ref left);
        var instructions = reading.Instructions;
        if (instructions is not null && (instructions.Length > LongestInstructions || HidesText(instructions)))
        {
            dropped.Add($"the instructions: longer than {LongestInstructions} characters, or with control or hidden characters");
            instructions = null;
        }

        return reading with
        {
            ServerInfo = Small("serverInfo", reading.ServerInfo, dropped),
            Capabilities = Small("capabilities", reading.Capabilities, dropped),
            Instructions = instructions,
            Tools = tools,
            Prompts = prompts,
            Resources = resources,
            ResourceTemplates = templates,
            Dropped = dropped.Count <= MostReported ? dropped : [.. dropped.Take(MostReported), $"and {dropped.Count - MostReported} more"],
        };
    }

    private static List<JsonElement> Definitions(string kind, IReadOnlyList<JsonElement> all, bool isTool, List<string> dropped, ref int left)
    {
        var kept = new List<JsonElement>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (definition, index) in all.Select((definition, index) => (definition, index)))
        {
            var name = Text(definition, "name");
            var length = definition.GetRawText().Length;
            var reason = kept.Count >= Most ? $"there are more than {Most}"
                : name is null || !PortalNames.IsCapabilityName(name) ? $"its name is not 1 to {PortalNames.MaximumName} printable ASCII characters"
                : !names.Add(name) ? "the server has two of this name"
                : length > LongestDefinition ? $"its definition is longer than {LongestDefinition} bytes"
                : length > left ? $"the definitions together are longer than {LongestDefinitions} bytes"
                : isTool && !(definition.TryGetProperty("inputSchema", out var schema) && schema.ValueKind == JsonValueKind.Object) ? "it has no inputSchema"
                : Refusal(definition, 0);
            if (reason is null)
            {
                left -= length;
                kept.Add(definition);
            }
            else
            {
                dropped.Add($"the {kind} {Shown(name, index)}: {reason}");
            }
        }

        return kept;
    }

    private static List<JsonElement> Resources(string kind, string key, IReadOnlyList<JsonElement> all, List<string> dropped, ref int left)
    {
        var kept = new List<JsonElement>();
        foreach (var (resource, index) in all.Select((resource, index) => (resource, index)))
        {
            var uri = Text(resource, key);
            var length = resource.GetRawText().Length;
            var reason = kept.Count >= Most ? $"there are more than {Most}"
                : uri is not { Length: > 0 and <= 2048 } ? $"its {key} is not 1 to 2048 characters"
                : length > left ? $"the resources together are longer than {LongestResources} bytes"
                : Refusal(resource, 0);
            if (reason is null)
            {
                left -= length;
                kept.Add(resource);
            }
            else
            {
                dropped.Add($"the {kind} {Shown(uri, index)}: {reason}");
            }
        }

        return kept;
    }

    private static JsonElement? Small(string what, JsonElement? value, List<string> dropped)
    {
        if (value is { } element && (element.GetRawText().Length > LongestInstructions || Refusal(element, 0) is not null))
        {
            dropped.Add($"{what}: too long, too deep, or with control characters");
            return null;
        }

        return value;
    }

    private static string? Refusal(JsonElement value, int depth)
    {
        if (depth > Deepest)
        {
            return $"it is nested deeper than {Deepest}";
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                // Of two members with one name another reader could take the other one.
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var member in value.EnumerateObject())
                {
                    if (!names.Add(member.Name))
                    {
                        return "it has two members of one name";
                    }

                    if (HidesText(member.Name))
                    {
                        return "it has control or hidden characters";
                    }

                    if (Refusal(member.Value, depth + 1) is { } reason)
                    {
                        return reason;
                    }
                }

                return null;
            case JsonValueKind.Array:
                return value.EnumerateArray().Select(item => Refusal(item, depth + 1)).FirstOrDefault(reason => reason is not null);
            case JsonValueKind.String:
                return HidesText(value.GetString()!) ? "it has control or hidden characters" : null;
            default:
                return null;
        }
    }

    // With these a text is hidden from people and read by models.
    private static bool HidesText(string text)
    {
        for (var index = 0; index < text.Length; index++)
        {
            if (IsRefused(text[index]) || (IsJoiner(text[index]) && !(Joins(text, index - 1) && Joins(text, index + 1))))
            {
                return true;
            }
        }

        return false;
    }

    // Besides control characters: direction marks and overrides, characters without a width, and the tag characters (U+E0000, as surrogates).
    private static bool IsRefused(char c)
        => (char.IsControl(c) && c is not ('\n' or '\r' or '\t'))
            || c is '\u00AD' or '\u061C' or '\u180E' or '\u200B' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2060' and <= '\u206F') or '\uFEFF' or '\uDB40';

    // Emoji and some scripts need them, one at a time between characters of their own.
    private static bool IsJoiner(char c) => c is '\u200C' or '\u200D';

    private static bool Joins(string text, int index) => index >= 0 && index < text.Length && !char.IsAscii(text[index]) && !IsJoiner(text[index]);

    private static string? Text(JsonElement value, string member)
        => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static string Shown(string? name, int index)
        => name is { Length: > 0 } ? new string([.. name.Take(60).Select(c => c is >= ' ' and <= '~' ? c : '?')]) : $"number {index + 1}";
}
