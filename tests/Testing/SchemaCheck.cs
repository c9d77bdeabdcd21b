using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Testing;

/// <summary>
/// Holds values against the JSON Schemas of the OpenAPI document, as far as those go, and strictly: a member that no schema names is wrong too.
/// </summary>
public static class SchemaCheck
{
    /// <summary>What is wrong with a value; nothing when it is as the schema says.</summary>
    /// <param name="document">What references of the schema point into.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="value">The value.</param>
    /// <param name="place">Where the value stands, for what is said.</param>
    public static IReadOnlyList<string> Problems(JsonNode document, JsonNode? schema, JsonNode? value, string place = "")
    {
        var parts = Flat(document, schema).ToList();
        var problems = new List<string>();
        foreach (var part in parts)
        {
            if (part["anyOf"] is JsonArray choices)
            {
                var found = choices.Select(choice => Problems(document, choice, value, place)).OrderBy(wrong => wrong.Count).First();
                problems.AddRange(found);
            }

            if (part["type"] is { } type && !(type is JsonArray types ? types.Any(one => Is((string)one!, value)) : Is((string)type!, value)))
            {
                problems.Add($"{place} is {value?.ToJsonString() ?? "null"}, not {type.ToJsonString()}");
            }

            if (part["enum"] is JsonArray allowed && !allowed.Any(one => JsonNode.DeepEquals(one, value)))
            {
                problems.Add($"{place} is {value?.ToJsonString()}, none of {allowed.ToJsonString()}");
            }

            if (part.TryGetPropertyValue("const", out var only) && !JsonNode.DeepEquals(only, value))
            {
                problems.Add($"{place} is {value?.ToJsonString()}, not {only?.ToJsonString()}");
            }

            if (value?.GetValueKind() == JsonValueKind.String && !HasFormat((string?)part["format"], (string)value!))
            {
                problems.Add($"{place} is {value.ToJsonString()}, no {part["format"]}");
            }
        }

        switch (value)
        {
            case JsonObject members:
                problems.AddRange(parts.SelectMany(part => part["required"]?.AsArray() ?? []).Where(name => !members.ContainsKey((string)name!)).Select(name => $"{place}/{name} is missing"));
                problems.AddRange(members.SelectMany(member => Member(document, parts, member.Key, member.Value, place)));
                break;
            case JsonArray items when parts.Select(part => part["items"]).FirstOrDefault(node => node is not null) is { } item:
                problems.AddRange(items.SelectMany((one, index) => Problems(document, item, one, $"{place}/{index}")));
                break;
        }

        return problems;
    }

    private static IEnumerable<string> Member(JsonNode document, List<JsonObject> parts, string name, JsonNode? value, string place)
    {
        var schemas = parts.Select(part => part["properties"]?[name]).OfType<JsonNode>().ToList();
        if (schemas.Count == 0)
        {
            var others = parts.Select(part => part["additionalProperties"]).OfType<JsonNode>().ToList();
            var isOpen = others.Count > 0 || !parts.Exists(part => part["properties"] is JsonObject) || parts.Exists(part => part["anyOf"] is not null);
            return isOpen ? others.SelectMany(other => Problems(document, other, value, $"{place}/{name}")) : [$"{place}/{name} is not described"];
        }

        return schemas.SelectMany(schema => Problems(document, schema, value, $"{place}/{name}"));
    }

    // The schema itself, what it refers to and all that it is made of.
    private static IEnumerable<JsonObject> Flat(JsonNode document, JsonNode? schema)
    {
        if (schema is not JsonObject part)
        {
            yield break;
        }

        yield return part;
        var inner = (string?)part["$ref"] is { } reference ? [reference.Split('/').Skip(1).Aggregate((JsonNode?)document, (node, name) => node?[name])] : part["allOf"]?.AsArray() ?? Enumerable.Empty<JsonNode?>();
        foreach (var found in inner.SelectMany(one => Flat(document, one)))
        {
            yield return found;
        }
    }

    private static bool HasFormat(string? format, string text) => format switch
    {
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) && text.Contains('T', StringComparison.Ordinal),
        _ => true,
    };

    private static bool Is(string type, JsonNode? value) => (type, value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("string", JsonValueKind.String) or ("integer" or "number", JsonValueKind.Number) or ("array", JsonValueKind.Array) or ("object", JsonValueKind.Object)
            or ("boolean", JsonValueKind.True or JsonValueKind.False) or ("null", JsonValueKind.Null) => true,
        _ => false,
    };
}
