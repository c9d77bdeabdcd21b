using System.Globalization;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.History;

/// <summary>
/// What differs between two JSON values, member by member: <c>{"op","path","old","new"}</c> with JSON pointers (RFC 6901). Members of objects
/// are compared by name; of arrays, what is equal at both ends is left out and the rest is compared item by item.
/// </summary>
public static class JsonDifference
{
    /// <summary>Members that every change touches and that say nothing about it.</summary>
    private static readonly HashSet<string> s_noise = ["/version", "/updated_at", "/modified_on", "/modified_at", "/last_used_on", "/app_count"];

    /// <summary>The differences between two versions of an object; a missing one is null.</summary>
    public static JsonArray Between(JsonNode? before, JsonNode? after)
    {
        var changes = new JsonArray();
        Compare("", before, after, changes);
        return changes;
    }

    private static void Compare(string path, JsonNode? before, JsonNode? after, JsonArray changes)
    {
        if (s_noise.Contains(path) || JsonNode.DeepEquals(before, after))
        {
            return;
        }

        switch (before, after)
        {
            case (JsonObject was, JsonObject isNow):
                foreach (var name in was.Select(member => member.Key).Union(isNow.Select(member => member.Key)))
                {
                    Compare($"{path}/{Escape(name)}", was[name], isNow[name], changes);
                }

                break;
            case (JsonArray was, JsonArray isNow):
                CompareItems(path, was, isNow, changes);
                break;
            default:
                Add(before is null ? "add" : after is null ? "remove" : "replace", path, before, after, changes);
                break;
        }
    }

    private static void CompareItems(string path, JsonArray before, JsonArray after, JsonArray changes)
    {
        var (start, end) = (0, 0);
        while (start < Math.Min(before.Count, after.Count) && JsonNode.DeepEquals(before[start], after[start]))
        {
            start++;
        }

        while (end < Math.Min(before.Count, after.Count) - start && JsonNode.DeepEquals(before[^(end + 1)], after[^(end + 1)]))
        {
            end++;
        }

        for (var index = start; index < Math.Max(before.Count, after.Count) - end; index++)
        {
            var was = index < before.Count - end ? before[index] : null;
            var isNow = index < after.Count - end ? after[index] : null;
            Compare($"{path}/{index.ToString(CultureInfo.InvariantCulture)}", was, isNow, changes);
        }
    }

    private static void Add(string op, string path, JsonNode? before, JsonNode? after, JsonArray changes)
    {
        var change = new JsonObject { ["op"] = op, ["path"] = path };
        if (before is not null)
        {
            change["old"] = before.DeepClone();
        }

        if (after is not null)
        {
            change["new"] = after.DeepClone();
        }

        changes.Add((JsonNode)change);
    }

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
