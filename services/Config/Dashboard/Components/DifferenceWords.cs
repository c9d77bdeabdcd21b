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
    /// <param name="change">One difference, as the admin API tells it.</param>
    /// <param name="nameOf">The name of the object with an id; null = there is none (any more), and the id stands for it.</param>
    public static string Place(JsonObject change, Func<Guid, string?> nameOf)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(nameOf);
        var members = Members(change);
        var field = members.Length == 0 ? "Whole object" : FieldWords.Of("/" + string.Join('/', members));
        return (string?)change["item"] is { } item ? $"{field} ({Named(item, nameOf)})" : field;
    }

    /// <summary>A value as it stood or stands there.</summary>
    /// <param name="change">One difference, as the admin API tells it.</param>
    /// <param name="value">Its old or its new value.</param>
    /// <param name="nameOf">As for <see cref="Place"/>.</param>
    public static string Value(JsonObject change, JsonNode value, Func<Guid, string?> nameOf)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(nameOf);
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

        return value is JsonObject fields && members is ["policies"] && fields["id"] is JsonValue id ? Named(id.ToString(), nameOf) : Words(members, value, nameOf);
    }

    // Whole objects are told by those of their fields that say something, and by their name alone where they have one.
    private static string Words(string[] members, JsonNode value, Func<Guid, string?> nameOf) => value switch
    {
        JsonValue plain when plain.GetValueKind() is JsonValueKind.True => "yes",
        JsonValue plain when plain.GetValueKind() is JsonValueKind.False => "no",
        JsonValue plain => plain.ToString() is { Length: > 0 } text ? Named(text, nameOf) : "(empty)",
        JsonArray { Count: 0 } => "(none)",
        JsonArray items when items.All(item => item is JsonValue) => string.Join(", ", items.Select(item => Named(item!.ToString(), nameOf))),
        JsonArray items when items.All(IsFlat) => string.Join("; ", items.Select(item => Words(members, item!, nameOf))),
        JsonObject fields when (fields["value"] ?? fields["name"] ?? fields["uri"]) is JsonValue name => name.ToString(),
        JsonObject fields when IsFlat(fields) => string.Join(", ", fields
            .Where(field => field.Value is JsonArray { Count: > 0 } || field.Value?.ToString() is { Length: > 0 })
            .Select(field => $"{FieldWords.OfMember([.. members, field.Key])}: {Words([.. members, field.Key], field.Value!, nameOf)}")),
        _ => value.ToJsonString(s_readable),
    };

    private static bool IsFlat(JsonNode? value)
        => value is JsonObject { Count: > 0 } fields && fields.All(field => field.Value is null or JsonValue || (field.Value is JsonArray items && items.All(item => item is JsonValue)));

    private static string Named(string text, Func<Guid, string?> nameOf) => Guid.TryParse(text, out var id) && nameOf(id) is { Length: > 0 } name ? name : text;

    // Without the places in lists: what stands there is told by itself, or by its name.
    private static string[] Members(JsonObject change)
        => [.. ((string?)change["path"] ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries).Where(member => !member.All(char.IsAsciiDigit))];
}
