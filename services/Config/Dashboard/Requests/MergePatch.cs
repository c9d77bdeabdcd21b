using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>Makes JSON merge patches (RFC 7396).</summary>
public static class MergePatch
{
    /// <summary>The smallest patch that turns one object into another: changed members, null for those that are gone, arrays as a whole.</summary>
    public static JsonObject Between(JsonObject before, JsonObject after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var patch = new JsonObject();
        foreach (var (name, value) in after)
        {
            var was = before[name];
            if (was is JsonObject inner && value is JsonObject now)
            {
                if (Between(inner, now) is { Count: > 0 } changed)
                {
                    patch[name] = changed;
                }
            }
            else if (!JsonNode.DeepEquals(was, value))
            {
                patch[name] = value?.DeepClone();
            }
        }

        foreach (var (name, _) in before)
        {
            if (!after.ContainsKey(name))
            {
                patch[name] = null;
            }
        }

        return patch;
    }
}
