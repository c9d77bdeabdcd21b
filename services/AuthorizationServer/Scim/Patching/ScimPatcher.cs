using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim.Queries;

namespace ManagedOAuth.AuthorizationServer.Scim.Patching;

/// <summary>Applies operations to the attributes of a resource (RFC 7644 §3.5.2.1 to 3.5.2.3). Names are compared without case.</summary>
public static class ScimPatcher
{
    private const int MaximumValues = 100;

    /// <summary>Applies one operation in place.</summary>
    /// <exception cref="ScimException"><c>noTarget</c>, <c>invalidValue</c>.</exception>
    public static void Apply(JsonObject resource, ScimOperation operation)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(operation);
        var path = operation.Path;
        var container = Container(resource, path.Extension, operation.Operator != ScimOperator.Remove);
        if (container is null)
        {
            return;
        }

        if (path.Attribute.Length == 0)
        {
            Extension(resource, path.Extension!, operation);
        }
        else if (path.Filter is { } filter)
        {
            Filtered(container, path, filter, operation);
        }
        else if (path.Sub is { } sub)
        {
            SubAttribute(container, path.Attribute, sub, operation);
        }
        else
        {
            Plain(container, path.Attribute, operation);
        }
    }

    private static JsonObject? Container(JsonObject resource, string? extension, bool make)
    {
        if (extension is null)
        {
            return resource;
        }

        if (Get(resource, extension) is JsonObject known)
        {
            return known;
        }

        return make ? (JsonObject)Set(resource, extension, new JsonObject())! : null;
    }

    private static void Extension(JsonObject resource, string extension, ScimOperation operation)
    {
        if (operation.Operator == ScimOperator.Remove)
        {
            Remove(resource, extension);
        }
        else
        {
            Merge((JsonObject)Get(resource, extension)!, AsObject(operation.Value));
        }
    }

    private static void Plain(JsonObject container, string attribute, ScimOperation operation)
    {
        switch (operation.Operator)
        {
            case ScimOperator.Remove:
                Remove(container, attribute);
                break;
            case ScimOperator.Add when Get(container, attribute) is JsonArray values:
                Append(values, operation.Value);
                break;
            case ScimOperator.Add or ScimOperator.Replace when Get(container, attribute) is JsonObject known && operation.Value is JsonObject given:
                Merge(known, given);
                break;
            default:
                Set(container, attribute, operation.Value?.DeepClone());
                break;
        }
    }

    private static void SubAttribute(JsonObject container, string attribute, string sub, ScimOperation operation)
    {
        switch (Get(container, attribute))
        {
            case JsonObject inner:
                Plain(inner, sub, operation);
                break;
            case JsonArray values:
                foreach (var value in values.OfType<JsonObject>())
                {
                    Plain(value, sub, operation);
                }

                break;
            case null when operation.Operator != ScimOperator.Remove:
                Plain((JsonObject)Set(container, attribute, new JsonObject())!, sub, operation);
                break;
        }
    }

    private static void Filtered(JsonObject container, ScimPath path, ScimFilter filter, ScimOperation operation)
    {
        var values = Get(container, path.Attribute) as JsonArray;
        var matching = values?.OfType<JsonObject>().Where(value => Matches(value, filter)).ToList() ?? [];
        if (operation.Operator == ScimOperator.Remove)
        {
            foreach (var value in matching)
            {
                if (path.Sub is { } sub)
                {
                    Remove(value, sub);
                }
                else
                {
                    values!.Remove(value);
                }
            }

            return;
        }

        if (matching.Count == 0)
        {
            // Entra sets emails[type eq "work"].value where there is no such value yet, and expects one to be made.
            values ??= (JsonArray)Set(container, path.Attribute, new JsonArray())!;
            var made = Described(filter) ?? throw ScimException.Invalid("noTarget", "No value matches the filter of the path.");
            Append(values, made);
            matching = [made];
        }

        foreach (var value in matching)
        {
            if (path.Sub is { } sub)
            {
                Set(value, sub, operation.Value?.DeepClone());
            }
            else
            {
                Merge(value, AsObject(operation.Value));
            }
        }
    }

    private static bool Matches(JsonObject value, ScimFilter filter) => filter switch
    {
        ScimFilter.And both => Matches(value, both.Left) && Matches(value, both.Right),
        ScimFilter.Or either => Matches(value, either.Left) || Matches(value, either.Right),
        ScimFilter.Not negation => !Matches(value, negation.Inner),
        ScimFilter.Comparison comparison => Matches(Text(Get(value, comparison.Attribute)), comparison),
        _ => false,
    };

    private static bool Matches(string? text, ScimFilter.Comparison comparison)
    {
        var expected = comparison.Value switch { true => "true", false => "false", string given => given, _ => null };
        return comparison.Operator switch
        {
            "pr" => !string.IsNullOrEmpty(text),
            "eq" => string.Equals(text, expected, StringComparison.OrdinalIgnoreCase),
            "ne" => !string.Equals(text, expected, StringComparison.OrdinalIgnoreCase),
            "co" => text is not null && expected is not null && text.Contains(expected, StringComparison.OrdinalIgnoreCase),
            "sw" => text is not null && expected is not null && text.StartsWith(expected, StringComparison.OrdinalIgnoreCase),
            "ew" => text is not null && expected is not null && text.EndsWith(expected, StringComparison.OrdinalIgnoreCase),
            _ => false,
        };
    }

    // The value that a filter of equalities describes.
    private static JsonObject? Described(ScimFilter filter) => filter switch
    {
        ScimFilter.Comparison { Operator: "eq", Value: string text } comparison => new JsonObject { [comparison.Attribute] = text },
        ScimFilter.Comparison { Operator: "eq", Value: bool flag } comparison => new JsonObject { [comparison.Attribute] = flag },
        ScimFilter.And both when Described(both.Left) is { } left && Described(both.Right) is { } right => Merge(left, right),
        _ => null,
    };

    private static void Append(JsonArray values, JsonNode? added)
    {
        JsonNode?[] given = added is JsonArray many ? [.. many] : [added];
        foreach (var value in given)
        {
            if (value is not null && !values.Any(known => JsonNode.DeepEquals(known, value)))
            {
                values.Add(value.Parent is null ? value : value.DeepClone());
            }
        }

        if (values.Count > MaximumValues)
        {
            throw ScimException.Invalid("tooMany", $"An attribute has at most {MaximumValues} values.");
        }
    }

    private static JsonObject Merge(JsonObject into, JsonObject given)
    {
        foreach (var (name, value) in given)
        {
            Set(into, name, value?.DeepClone());
        }

        return into;
    }

    private static JsonObject AsObject(JsonNode? value) => value as JsonObject ?? throw ScimException.Invalid("invalidValue", "The value is an object here.");

    /// <summary>The member of this name in any case.</summary>
    public static JsonNode? Get(JsonObject container, string name) => NameIn(container, name) is { } known ? container[known] : null;

    /// <summary>Puts a value in the place of the member of this name in any case.</summary>
    public static JsonNode? Set(JsonObject container, string name, JsonNode? value)
    {
        var member = NameIn(container, name) ?? ScimNames.Canonical(name);
        container[member] = value;
        return container[member];
    }

    private static void Remove(JsonObject container, string name)
    {
        if (NameIn(container, name) is { } known)
        {
            container.Remove(known);
        }
    }

    private static string? NameIn(JsonObject container, string name)
        => container.ContainsKey(name) ? name : container.Select(member => member.Key).FirstOrDefault(key => string.Equals(key, name, StringComparison.OrdinalIgnoreCase));

    private static string? Text(JsonNode? node) => node is JsonValue value ? value.TryGetValue<string>(out var text) ? text : value.ToJsonString() : null;
}
