using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Catalogs;

/// <summary>
/// Decides what a reading makes of a catalog. The first reading is the baseline: what was there when an administrator connected the server is
/// approved. Afterwards a definition that is new, or no longer what was approved, is met as the server's pinning says. Pure.
/// </summary>
public static class CatalogRules
{
    /// <summary>The kind, and the only name, under which a server's instructions wait for approval.</summary>
    public const string InstructionsName = "instructions";

    private const string InstructionsKey = $"{InstructionsName}/{InstructionsName}";
    private const string TextMember = "text";
    private const int MostWithdrawn = 1000;

    /// <summary>What became of a catalog.</summary>
    /// <param name="Catalog">The catalog now; without version and times.</param>
    /// <param name="IsChanged">Whether anything of it is another than before.</param>
    /// <param name="News">Definitions that are new or changed, as <c>tools/name</c>, <c>prompts/name</c> and <c>instructions/instructions</c>.</param>
    public sealed record Outcome(McpCatalog Catalog, bool IsChanged, IReadOnlyList<string> News);

    /// <summary>The catalog after a reading.</summary>
    /// <param name="server">The server.</param>
    /// <param name="existing">The catalog before; null at the first reading.</param>
    /// <param name="reading">What the server said, inside the limits.</param>
    public static Outcome Read(McpServer server, McpCatalog? existing, McpReading reading)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(reading);
        var news = new List<string>();
        var tools = Definitions("tools", reading.Tools, existing?.Tools, existing?.WithdrawnTools, server.ToolPinning, news);
        var prompts = Definitions("prompts", reading.Prompts, existing?.Prompts, existing?.WithdrawnPrompts, server.ToolPinning, news);
        var (instructions, waiting) = Instructions(existing, reading.Instructions, server.ToolPinning, news);
        var catalog = new McpCatalog
        {
            Id = McpCatalog.IdOf(server.Id),
            ServerId = server.ServerId,
            Endpoint = reading.Endpoint?.Address.AbsoluteUri,
            Transport = reading.Endpoint?.Transport,
            ProtocolVersion = reading.ProtocolVersion,
            ServerInfo = reading.ServerInfo,
            Capabilities = reading.Capabilities,
            Instructions = instructions,
            WaitingInstructions = waiting,
            Tools = tools,
            Prompts = prompts,
            WithdrawnTools = Withdrawn(existing?.Tools, existing?.WithdrawnTools, tools),
            WithdrawnPrompts = Withdrawn(existing?.Prompts, existing?.WithdrawnPrompts, prompts),
            Resources = reading.Resources,
            ResourceTemplates = reading.ResourceTemplates,
        };
        return new Outcome(catalog, existing is null || !IsSame(existing, catalog), news);
    }

    /// <summary>The catalog with definitions approved as they are now; null when none of the names waits.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="isMeant">Whether this one, of <c>tools</c>, <c>prompts</c> or <c>instructions</c>, is to be approved.</param>
    public static (McpCatalog Catalog, IReadOnlyList<string> Names)? Approve(McpCatalog catalog, Func<string, McpDefinition, bool> isMeant)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(isMeant);
        var names = new List<string>();
        var approved = catalog with { Tools = Each("tools", catalog.Tools), Prompts = Each("prompts", catalog.Prompts) };
        if (catalog.WaitingInstructions is { } waiting && isMeant(InstructionsName, waiting))
        {
            names.Add(InstructionsKey);
            approved = approved with { Instructions = waiting.Definition.GetProperty(TextMember).GetString(), WaitingInstructions = null };
        }

        return names.Count == 0 ? null : (approved, names);

        List<McpDefinition> Each(string kind, IReadOnlyList<McpDefinition> definitions) => [.. definitions.Select(definition =>
        {
            if (definition.Approved || !isMeant(kind, definition))
            {
                return definition;
            }

            names.Add($"{kind}/{definition.Name}");
            return definition with { Approved = true, LastApproved = null };
        })];
    }

    /// <summary>What waits for approval, as <c>tools/name</c>, <c>prompts/name</c> and <c>instructions/instructions</c>.</summary>
    public static IReadOnlyList<string> Quarantined(McpCatalog? catalog) => catalog is null
        ? []
        : [.. catalog.Tools.Where(tool => !tool.Approved).Select(tool => $"tools/{tool.Name}"), .. catalog.Prompts.Where(prompt => !prompt.Approved).Select(prompt => $"prompts/{prompt.Name}"),
            .. catalog.WaitingInstructions is null ? Array.Empty<string>() : [InstructionsKey]];

    // A model reads instructions as it reads the description of a tool: others than the approved ones are given to nobody. That there are none opens nothing.
    private static (string? Given, McpDefinition? Waiting) Instructions(McpCatalog? existing, string? read, McpToolPinning pinning, List<string> news)
    {
        if (existing is null || string.IsNullOrEmpty(read) || read == existing.Instructions)
        {
            return (read, null);
        }

        var now = Definition(read);
        if (now.Hash != existing.WaitingInstructions?.Hash)
        {
            news.Add(InstructionsKey);
        }

        return pinning != McpToolPinning.Quarantine ? (read, null)
            : (existing.Instructions, now with { Approved = false, LastApproved = existing.Instructions is { Length: > 0 } approved ? Definition(approved).Definition : null });
    }

    private static McpDefinition Definition(string instructions)
    {
        var text = JsonSerializer.SerializeToElement(new JsonObject { [TextMember] = instructions }, ConfigJson.Default.JsonObject);
        return new McpDefinition { Name = InstructionsName, Definition = text, Hash = CanonicalJson.Hash(text) };
    }

    private static List<McpDefinition> Definitions(
        string kind, IReadOnlyList<JsonElement> read, IReadOnlyList<McpDefinition>? existing, IReadOnlyDictionary<string, string>? withdrawn, McpToolPinning pinning, List<string> news)
    {
        var known = (existing ?? []).ToDictionary(definition => definition.Name, StringComparer.Ordinal);
        var result = new List<McpDefinition>(read.Count);
        foreach (var element in read)
        {
            var name = element.GetProperty("name").GetString()!;
            var now = new McpDefinition { Name = name, Definition = element, Hash = CanonicalJson.Hash(element) };
            var before = known.GetValueOrDefault(name);
            if (existing is not null && before?.Hash != now.Hash && withdrawn?.GetValueOrDefault(name) != now.Hash)
            {
                news.Add($"{kind}/{name}");
            }

            result.Add(Judge(now, before, isBaseline: existing is null, withdrawn?.GetValueOrDefault(name), pinning));
        }

        return result;
    }

    private static McpDefinition Judge(McpDefinition now, McpDefinition? before, bool isBaseline, string? withdrawnHash, McpToolPinning pinning)
    {
        // Back to what was approved, or never away from it.
        if (isBaseline || pinning != McpToolPinning.Quarantine || now.Hash == withdrawnHash
            || (before is not null && now.Hash == (before.Approved ? before.Hash : before.LastApproved is { } last ? CanonicalJson.Hash(last) : null)))
        {
            return now with { Approved = true };
        }

        return now with { Approved = false, LastApproved = before is null ? null : before.Approved ? before.Definition : before.LastApproved };
    }

    // A server that loses its tools for a while finds them approved when they come back as they were.
    private static Dictionary<string, string> Withdrawn(IReadOnlyList<McpDefinition>? before, IReadOnlyDictionary<string, string>? withdrawn, List<McpDefinition> now)
    {
        var there = now.Select(definition => definition.Name).ToHashSet(StringComparer.Ordinal);
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var definition in (before ?? []).Where(definition => !there.Contains(definition.Name)))
        {
            if ((definition.Approved ? definition.Hash : definition.LastApproved is { } last ? CanonicalJson.Hash(last) : null) is { } hash)
            {
                result[definition.Name] = hash;
            }
        }

        foreach (var (name, hash) in (withdrawn ?? new Dictionary<string, string>()).Where(entry => !there.Contains(entry.Key)).TakeWhile(_ => result.Count < MostWithdrawn))
        {
            result.TryAdd(name, hash);
        }

        return result;
    }

    private static bool IsSame(McpCatalog one, McpCatalog other) => JsonElement.DeepEquals(Json(one), Json(other));

    private static JsonElement Json(McpCatalog catalog) => JsonSerializer.SerializeToElement(
        catalog with { Version = 0, CreatedAt = default, UpdatedAt = default }, ConfigurationJson.Default.McpCatalog);
}
