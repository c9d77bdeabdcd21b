using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim.Patching;

namespace ManagedOAuth.AuthorizationServer.Scim.Resources;

/// <summary>Reads group resources (RFC 7643 §4.2).</summary>
public static class ScimGroupReader
{
    /// <summary>The name.</summary>
    /// <exception cref="ScimException"><c>invalidValue</c>.</exception>
    public static string Name(JsonObject resource)
        => ScimUserReader.Text(resource, "displayName") is { } name && !string.IsNullOrWhiteSpace(name) ? name : throw ScimException.Invalid("invalidValue", "displayName is required.");

    /// <summary>Ids of members: of objects with <c>value</c>, one or many, or of plain texts.</summary>
    /// <exception cref="ScimException"><c>invalidValue</c>, <c>tooMany</c>.</exception>
    public static IReadOnlyList<Guid> Members(JsonNode? members)
    {
        var values = members switch { null => [], JsonArray many => many.ToList(), var one => [one] };
        CheckNumber(values.Count);
        return [.. values.Select(Id).Distinct()];
    }

    /// <summary>Refuses more members than a group may have.</summary>
    /// <exception cref="ScimException"><c>tooMany</c>.</exception>
    public static void CheckNumber(int members)
    {
        if (members > ScimSchemas.MaximumMembers)
        {
            throw ScimException.Invalid("tooMany", $"A group has at most {ScimSchemas.MaximumMembers} members.");
        }
    }

    private static Guid Id(JsonNode? member)
        => Guid.TryParse((member is JsonObject reference ? ScimPatcher.Get(reference, "value") : member)?.ToString(), out var id)
            ? id
            : throw ScimException.Invalid("invalidValue", "value of each member is the id of a user.");
}
