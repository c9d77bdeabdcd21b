using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>A body as it is kept in the log: without passwords, wherever they stand.</summary>
public static class ScimLogText
{
    public static string Of(JsonElement body)
    {
        var node = JsonNode.Parse(body.GetRawText());
        Clean(node);
        return node?.ToJsonString() ?? "";
    }

    private static void Clean(JsonNode? node)
    {
        if (node is JsonArray values)
        {
            foreach (var value in values)
            {
                Clean(value);
            }
        }
        else if (node is JsonObject members)
        {
            // {"op":"replace","path":"password","value":"..."} holds one as well; names of members are read in any case.
            var isAboutPassword = members.Any(member => member.Value is JsonValue text && text.TryGetValue<string>(out var name) && name.Contains("password", StringComparison.OrdinalIgnoreCase));
            foreach (var name in members.Select(member => member.Key).ToList())
            {
                if (name.Contains("password", StringComparison.OrdinalIgnoreCase) || (isAboutPassword && name.Equals("value", StringComparison.OrdinalIgnoreCase)))
                {
                    members.Remove(name);
                }
                else
                {
                    Clean(members[name]);
                }
            }
        }
    }
}
