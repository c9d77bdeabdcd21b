using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Api;

/// <summary>JSON Merge Patch (RFC 7396).</summary>
public static class JsonMergePatch
{
    /// <summary>The target with the patch applied.</summary>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject members)
        {
            return patch?.DeepClone();
        }

        var merged = target is JsonObject known ? (JsonObject)known.DeepClone() : [];
        foreach (var (name, value) in members)
        {
            if (value is null)
            {
                merged.Remove(name);
            }
            else
            {
                merged[name] = Apply(merged[name], value);
            }
        }

        return merged;
    }

    /// <summary>
    /// The body of a replacement that does what the patch asks of the shown object. A member that the patch removes stands in it as null: a
    /// replacement that leaves a member out may mean that it stays as it is.
    /// </summary>
    public static JsonElement ToReplacement(JsonNode shown, JsonElement patch)
    {
        var members = JsonObject.Create(patch)!;
        var merged = (JsonObject)Apply(shown, members)!;
        foreach (var (name, _) in members.Where(member => member.Value is null))
        {
            merged[name] = null;
        }

        return JsonSerializer.SerializeToElement(merged, ConfigJson.Default.JsonObject);
    }
}
