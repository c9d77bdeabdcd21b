using System.Globalization;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.History;

/// <summary>
/// What differs between two JSON values, member by member: <c>{"op","path","old","new"}</c> with JSON pointers (RFC 6901). Members of objects are compared
/// by name, items of lists as <see cref="ListDifference"/> says: <c>remove</c> has the place before, everything else that after, and <c>move</c> has
/// both (<c>from</c>). <c>item</c> names the item of a list that a difference is inside of.
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
        var found = ListDifference.Between(path[(path.LastIndexOf('/') + 1)..], before, after);
        foreach (var place in found.Removed)
        {
            Add("remove", At(path, place), before[place], null, changes);
        }

        foreach (var (was, isNow) in found.Pairs)
        {
            var first = changes.Count;
            Compare(At(path, isNow), before[was], after[isNow], changes);
            for (var index = first; found.Identity is not null && index < changes.Count; index++)
            {
                var item = NameOf(after[isNow]!, found.Identity);
                changes[index]!["item"] = changes[index]!["item"] is { } inner ? $"{item} \u203a {inner}" : item;
            }
        }

        foreach (var place in found.Added)
        {
            Add("add", At(path, place), null, after[place], changes);
        }

        foreach (var (was, isNow) in found.Moved)
        {
            var move = new JsonObject { ["op"] = "move", ["from"] = At(path, was), ["path"] = At(path, isNow) };
            if (found.Identity is not null)
            {
                move["item"] = NameOf(after[isNow]!, found.Identity);
            }

            changes.Add((JsonNode)move);
        }
    }

    // Not by ToString, which gives an id that is not yet text as JSON, with its quotation marks.
    private static string NameOf(JsonNode item, string identity)
        => (item["name"] as JsonValue ?? item[identity])!.ToJsonString() is var text && JsonNode.Parse(text)!.AsValue().TryGetValue(out string? name) ? name : text;

    private static string At(string path, int place) => $"{path}/{place.ToString(CultureInfo.InvariantCulture)}";

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
