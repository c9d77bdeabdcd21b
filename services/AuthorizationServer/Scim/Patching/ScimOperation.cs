using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.AuthorizationServer.Scim.Patching;

/// <summary>What an operation does.</summary>
public enum ScimOperator
{
    Add,
    Remove,
    Replace,
}

/// <summary>One operation on one target. An operation without a path is read as one for each member of its value.</summary>
public sealed record ScimOperation(ScimOperator Operator, ScimPath Path, JsonNode? Value)
{
    /// <summary>
    /// Reads the body of a PATCH (RFC 7644 §3.5.2). The names of operations are taken in any case: Entra writes <c>Add</c> and <c>Replace</c>.
    /// </summary>
    /// <exception cref="ScimException"><c>invalidSyntax</c>, <c>invalidPath</c> or <c>noTarget</c>.</exception>
    public static IReadOnlyList<ScimOperation> Read(JsonElement body)
    {
        if (Member(body, "Operations") is not { ValueKind: JsonValueKind.Array } operations || operations.GetArrayLength() is 0 or > ScimSchemas.MaximumOperations)
        {
            throw ScimException.Invalid("invalidSyntax", $"Operations is an array of 1 to {ScimSchemas.MaximumOperations} operations.");
        }

        return [.. operations.EnumerateArray().SelectMany(ReadOne)];
    }

    private static IEnumerable<ScimOperation> ReadOne(JsonElement operation)
    {
        var name = Member(operation, "op") is { ValueKind: JsonValueKind.String } op ? op.GetString()! : "";
        if (!Enum.TryParse<ScimOperator>(name, ignoreCase: true, out var kind) || !name.All(char.IsAsciiLetter))
        {
            throw ScimException.Invalid("invalidSyntax", "op is add, remove or replace.");
        }

        var value = Member(operation, "value") is { } given ? JsonNode.Parse(given.GetRawText()) : null;
        if (Member(operation, "path") is { ValueKind: JsonValueKind.String } path)
        {
            return [new ScimOperation(kind, ScimPath.Parse(path.GetString()!), value)];
        }

        if (kind == ScimOperator.Remove)
        {
            throw ScimException.Invalid("noTarget", "remove needs a path.");
        }

        return value is JsonObject members
            ? [.. members.Where(member => !IsReadOnly(member.Key)).Select(member => new ScimOperation(kind, ScimPath.Parse(member.Key), member.Value?.DeepClone()))]
            : throw ScimException.Invalid("invalidValue", "Without a path the value is an object of attributes.");
    }

    // Okta sends the group's id along with its new name.
    private static bool IsReadOnly(string name) => name is "id" or "schemas" or "meta";

    private static JsonElement? Member(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.EnumerateObject().FirstOrDefault(member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase)) is { Value.ValueKind: not JsonValueKind.Undefined } found
            ? found.Value
            : null;
}
