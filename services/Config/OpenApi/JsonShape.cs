using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.OpenApi;

/// <summary>JSON Schemas (2020-12), as texts, of answers and requests that no record describes; single values are at <see cref="ObjectShape"/>.</summary>
public static class JsonShape
{
    /// <summary>A whole number.</summary>
    public const string Integer = """{"type":"integer"}""";

    /// <summary>Anything.</summary>
    public const string Any = "{}";

    /// <summary>What the removal of most objects answers.</summary>
    public static readonly string Removed = Of(("id", ObjectShape.Text));

    /// <summary>Several of a kind.</summary>
    public static string ListOf(string items) => $$"""{"type":"array","items":{{items}}}""";

    /// <summary>An object whose members are named by the data.</summary>
    public static string MapOf(string values) => $$"""{"type":"object","additionalProperties":{{values}}}""";

    /// <summary>The value, or null where there is none.</summary>
    public static string OrNull(string schema) => $$"""{"anyOf":[{{schema}},{"type":"null"}]}""";

    /// <summary>One of several shapes.</summary>
    public static string AnyOf(params IReadOnlyList<string> schemas) => $$"""{"anyOf":[{{string.Join(',', schemas)}}]}""";

    /// <summary>One of these texts.</summary>
    public static string OneOf(params IReadOnlyList<string> values)
        => new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]) }.ToJsonString();

    /// <summary>A kind of objects, as it is answered; with <c>_request</c> behind its name, as it is sent.</summary>
    public static string Kind(string name) => OpenApiSchemas.Reference(name).ToJsonString();

    /// <summary>The shape, with more members.</summary>
    public static string With(string schema, params IReadOnlyList<(string Name, string Schema)> members) => $$"""{"allOf":[{{schema}},{{Of(members)}}]}""";

    /// <summary>An object with these members; one whose name ends in <c>?</c> is not always there.</summary>
    public static string Of(params IReadOnlyList<(string Name, string Schema)> members) => new JsonObject
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(members.Select(member => KeyValuePair.Create(member.Name.TrimEnd('?'), JsonNode.Parse(member.Schema)))),
        ["required"] = new JsonArray([.. members.Where(member => !member.Name.EndsWith('?')).Select(member => JsonValue.Create(member.Name))]),
    }.ToJsonString();
}
