using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>Changes of the configuration in words.</summary>
public static class ChangeWords
{
    /// <summary>What was done: created, changed, removed, restored, rotated, rolled.</summary>
    public static string Verb(JsonObject change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var type = (string?)change["event"] ?? "";
        return change.ContainsKey("restored_from") ? "restored" : type[(type.LastIndexOf('_') + 1)..] switch { "altered" => "changed", var verb => verb };
    }

    public static string Tone(string verb) => verb switch { "created" => "good", "removed" => "bad", "rotated" or "rolled" or "restored" => "warn", _ => "info" };

    /// <summary>Who: an address, or an API token by its name.</summary>
    public static string Actor(JsonObject change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var actor = (string?)change["actor"] ?? "";
        return actor.StartsWith("user:", StringComparison.Ordinal) ? actor["user:".Length..]
            : actor.StartsWith("api-token:", StringComparison.Ordinal) ? $"API token {actor["api-token:".Length..]}"
            : actor.Length == 0 ? "the service" : actor;
    }

    /// <summary>What kind of object it is about, in a sentence; some have no pages.</summary>
    public static string Kind(JsonObject change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var kind = (string?)change["kind"] ?? "";
        return Pages.PageKind.Find(kind)?.Noun ?? (kind == "mcp_catalog" ? "catalogue of an MCP server" : kind.Replace('_', ' '));
    }

    /// <summary>The differences that a change made.</summary>
    public static IReadOnlyList<JsonObject> Differences(JsonObject change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change["changes"] is JsonArray changes ? [.. changes.OfType<JsonObject>()] : [];
    }
}
