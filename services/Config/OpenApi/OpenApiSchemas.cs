using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.OpenApi;

/// <summary>JSON Schemas (2020-12) of the envelope and of the records, made from the records' own serialization.</summary>
internal static class OpenApiSchemas
{
    public const string Envelope = "envelope";

    public static JsonObject All(IEnumerable<IObjectKind> kinds)
    {
        var schemas = new JsonObject { [Envelope] = EnvelopeSchema() };
        foreach (var kind in kinds)
        {
            var schema = ConfigurationJson.Default.GetTypeInfo(kind.StateType) is { } type
                ? type.GetJsonSchemaAsNode(new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true })
                : new JsonObject { ["type"] = "object" };
            Rebase(schema, kind.Name);
            schemas[kind.Name] = schema;
        }

        return schemas;
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
