using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim.Store;

namespace ManagedOAuth.AuthorizationServer.Scim.Resources;

/// <summary>Resources and messages as they are answered.</summary>
public static class ScimJson
{
    /// <summary>A user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="groups">The groups that they are in.</param>
    /// <param name="baseUrl">The provider's base URL here.</param>
    public static JsonObject Of(ScimUser user, IEnumerable<ScimGroup> groups, string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(groups);
        var json = JsonObject.Create(user.State.Attributes)!;
        if (json["schemas"] is not JsonArray { Count: > 0 })
        {
            json["schemas"] = new JsonArray(ScimSchemas.User);
        }

        json["id"] = user.Id.ToString();
        json["groups"] = new JsonArray([.. groups.Select(group => new JsonObject
        {
            ["value"] = group.Id.ToString(), ["display"] = group.DisplayName, ["type"] = "direct", ["$ref"] = $"{baseUrl}/Groups/{group.Id}",
        })]);
        json["meta"] = Meta("User", $"{baseUrl}/Users/{user.Id}", user.CreatedAt, user.UpdatedAt, user.Version);
        return json;
    }

    /// <summary>A group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="members">Its members; null = they were not asked for.</param>
    /// <param name="baseUrl">The provider's base URL here.</param>
    public static JsonObject Of(ScimGroup group, IEnumerable<(Guid Id, string Name)>? members, string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(group);
        var json = new JsonObject { ["schemas"] = new JsonArray(ScimSchemas.Group), ["id"] = group.Id.ToString(), ["displayName"] = group.DisplayName };
        if (group.ExternalId is { } externalId)
        {
            json["externalId"] = externalId;
        }

        if (members is not null)
        {
            json["members"] = new JsonArray([.. members.Select(member => new JsonObject
            {
                ["value"] = member.Id.ToString(), ["display"] = member.Name, ["type"] = "User", ["$ref"] = $"{baseUrl}/Users/{member.Id}",
            })]);
        }

        json["meta"] = Meta("Group", $"{baseUrl}/Groups/{group.Id}", group.CreatedAt, group.UpdatedAt, group.Version);
        return json;
    }

    /// <summary>A page (RFC 7644 §3.4.2).</summary>
    public static JsonObject Page(IReadOnlyCollection<JsonObject> resources, long total, int startIndex) => new()
    {
        ["schemas"] = new JsonArray(ScimSchemas.ListResponse),
        ["totalResults"] = total,
        ["startIndex"] = startIndex,
        ["itemsPerPage"] = resources.Count,
        ["Resources"] = new JsonArray([.. resources]),
    };

    public static JsonObject Of(ScimException refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        var json = new JsonObject
        {
            ["schemas"] = new JsonArray(ScimSchemas.Error),
            ["status"] = refusal.Status.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["detail"] = refusal.Message,
        };
        if (refusal.ScimType is { } type)
        {
            json["scimType"] = type;
        }

        return json;
    }

    /// <summary>The entity tag of a version (RFC 7644 §3.14).</summary>
    public static string Tag(long version) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"W/\"{version}\"");

    private static JsonObject Meta(string type, string location, DateTimeOffset createdAt, DateTimeOffset updatedAt, long version) => new()
    {
        ["resourceType"] = type,
        ["created"] = createdAt.UtcDateTime,
        ["lastModified"] = updatedAt.UtcDateTime,
        ["location"] = location,
        ["version"] = Tag(version),
    };
}
