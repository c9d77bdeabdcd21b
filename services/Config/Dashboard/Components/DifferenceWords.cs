using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>Differences between two versions of an object in words: the names of the forms' fields, and rules as policies are told.</summary>
public static class DifferenceWords
{
    private static readonly JsonSerializerOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] s_rules = ["include", "require", "exclude"];

    /// <summary>What differs: the field, and the item of a list that it is in.</summary>
    public static string Place(JsonObject change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var members = Members(change);
        var field = members.Length == 0 ? "Whole object" : FieldWords.Of("/" + string.Join('/', members));
        return (string?)change["item"] is { } item ? $"{field} ({item})" : field;
    }

    /// <summary>A value as it stood or stands there.</summary>
    public static string Value(JsonObject change, JsonNode value)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(value);
        var members = Members(change);
        if (members.Length > 0 && s_rules.Contains(members[^1]))
        {
            return value switch
            {
                JsonObject { Count: 1 } rule => PolicyWords.Rule(rule),
                JsonArray { Count: > 0 } rules when rules.All(rule => rule is JsonObject { Count: 1 }) => string.Join(", ", rules.Select(rule => PolicyWords.Rule(rule!.AsObject()))),
                JsonArray => "(nobody)",
                _ => value.ToJsonString(s_readable),
            };
        }

        return value switch
        {
            JsonValue plain when plain.GetValueKind() is JsonValueKind.True => "yes",
            JsonValue plain when plain.GetValueKind() is JsonValueKind.False => "no",
            JsonValue plain => plain.ToString() is { Length: > 0 } text ? text : "(empty)",
            JsonArray { Count: 0 } => "(none)",
            JsonArray items when items.All(item => item is JsonValue) => string.Join(", ", items.Select(item => item!.ToString())),
            JsonObject fields when (fields["value"] ?? fields["name"] ?? fields["uri"]) is JsonValue name => name.ToString(),
            _ => value.ToJsonString(s_readable),
        };
    }

    // Without the places in lists: what stands there is told by itself, or by its name.
    private static string[] Members(JsonObject change)
        => [.. ((string?)change["path"] ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries).Where(member => !member.All(char.IsAsciiDigit))];
}
