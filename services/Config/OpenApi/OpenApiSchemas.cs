using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.OpenApi;

/// <summary>JSON Schemas (2020-12) of the envelope and of the records, made from the records' own serialization.</summary>
internal static class OpenApiSchemas
{
    public const string Envelope = "envelope";

    private static readonly string[] s_setHere = ["id", "version", "created_at", "updated_at"];

    public static JsonObject All(IEnumerable<IObjectKind> kinds)
    {
        var schemas = new JsonObject { [Envelope] = EnvelopeSchema() };
        foreach (var kind in kinds)
        {
            schemas[kind.Name] = Schema(kind, kind.Name, kind.Shape.Answered, kind.Shape.Hidden, isRequest: false);
            schemas[NameOfRequest(kind)] = Schema(kind, NameOfRequest(kind), kind.Shape.Taken, [.. s_setHere, .. kind.Shape.Hidden, .. kind.Shape.SetHere], isRequest: true);
        }

        return schemas;
    }

    /// <summary>What a request with an object is; a PATCH needs none of its members.</summary>
    public static JsonObject Request(IObjectKind kind, string method)
        => HttpMethods.IsPatch(method) || kind.Shape.Required.Count == 0
            ? Reference(NameOfRequest(kind))
            : new JsonObject { ["allOf"] = new JsonArray(Reference(NameOfRequest(kind)), new JsonObject { ["required"] = new JsonArray([.. kind.Shape.Required.Select(member => JsonValue.Create(member))]) }) };

    private static string NameOfRequest(IObjectKind kind) => kind.Name + "_request";

    private static JsonObject Schema(IObjectKind kind, string name, IReadOnlyDictionary<string, string> besides, IReadOnlyList<string> without, bool isRequest)
    {
        var schema = kind.Shape.HasMembersOfTheRecord && ConfigurationJson.Default.GetTypeInfo(kind.StateType) is { } type
            ? type.GetJsonSchemaAsNode(new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true }).AsObject()
            : [];
        Rebase(schema, name);
        schema["type"] = "object";
        if (schema["properties"] is not JsonObject properties)
        {
            schema["properties"] = properties = [];
        }

        foreach (var member in without)
        {
            properties.Remove(member);
        }

        foreach (var (member, text) in besides)
        {
            properties[member] = JsonNode.Parse(text);
        }

        if (isRequest)
        {
            schema.Remove("required");
        }
        else if (schema["required"] is JsonArray required)
        {
            schema["required"] = new JsonArray([.. required.Select(member => (string)member!).Where(member => !without.Contains(member) && !kind.Shape.NotAlways.Contains(member)).Select(member => JsonValue.Create(member))]);
        }

        return schema;
    }

    public static JsonObject Reference(string schema) => new() { ["$ref"] = $"#/components/schemas/{schema}" };

    // A type that comes twice in a record is a reference into the record's schema, which is not the document's root here.
    private static void Rebase(JsonNode? node, string name)
    {
        foreach (var inner in node switch { JsonObject members => members.Select(member => member.Value).ToList(), JsonArray items => [.. items], _ => [] })
        {
            Rebase(inner, name);
        }

        if (node is JsonObject schema && schema["$ref"] is JsonValue reference)
        {
            schema["$ref"] = $"#/components/schemas/{name}{reference.GetValue<string>().TrimStart('#')}";
        }
    }

    private static JsonObject EnvelopeSchema()
    {
        var error = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["code"] = new JsonObject { ["type"] = "integer" },
                ["message"] = new JsonObject { ["type"] = "string" },
                ["source"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["pointer"] = new JsonObject { ["type"] = "string" } } },
            },
        };
        return new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray("success", "errors", "messages", "result"),
            ["properties"] = new JsonObject
            {
                ["success"] = new JsonObject { ["type"] = "boolean" },
                ["errors"] = new JsonObject { ["type"] = "array", ["items"] = error },
                ["messages"] = new JsonObject { ["type"] = "array", ["items"] = error.DeepClone() },
                ["result"] = new JsonObject(),
                ["result_info"] = new JsonObject { ["type"] = "object" },
            },
        };
    }
}
