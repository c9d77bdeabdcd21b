using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.History;

/// <summary>
/// Which items of two lists are the same one: those with the same id (or address, or name) where every item has one of its own, otherwise those that say the
/// same. So a value that is put in front of a long list is one difference. Pure.
/// </summary>
internal static class ListDifference
{
    private static readonly string[] s_identities = ["id", "uid", "server_id", "uri", "value", "name"];

    // Lists of which the order says nothing.
    private static readonly HashSet<string> s_sets = ["include", "exclude", "require", "items", "allowed_idps", "tags", "destinations"];

    /// <summary>Pairs the items of two lists.</summary>
    /// <param name="list">Name of the list.</param>
    /// <param name="before">The items before.</param>
    /// <param name="after">The items after.</param>
    public static ListPairs Between(string list, JsonArray before, JsonArray after)
    {
        var identity = IdentityOf(before, after);
        var (was, isNow) = (Keys(before, identity), Keys(after, identity));
        var places = new Dictionary<string, Queue<int>>(StringComparer.Ordinal);
        for (var index = 0; index < was.Count; index++)
        {
            (places.TryGetValue(was[index], out var queue) ? queue : places[was[index]] = new Queue<int>()).Enqueue(index);
        }

        var pairs = new List<(int Before, int After)>();
        var added = new List<int>();
        for (var index = 0; index < isNow.Count; index++)
        {
            if (places.TryGetValue(isNow[index], out var queue) && queue.TryDequeue(out var place))
            {
                pairs.Add((place, index));
            }
            else
            {
                added.Add(index);
            }
        }

        var removed = places.Values.SelectMany(queue => queue).Order().ToList();
        PairTheRest(before, after, removed, added, pairs);
        var isOrdered = !s_sets.Contains(list) && !HasPrecedence(after);
        return new ListPairs(identity, [.. pairs.OrderBy(pair => pair.After)], removed, added, isOrdered ? Moved(pairs) : []);
    }

    // Objects without a name of their own, that stand where another of the same shape stood, are that one, changed. A rule, which has one member, is another rule.
    private static void PairTheRest(JsonArray before, JsonArray after, List<int> removed, List<int> added, List<(int Before, int After)> pairs)
    {
        foreach (var index in removed.Intersect(added).ToList())
        {
            if (before[index] is JsonObject { Count: > 1 } was && after[index] is JsonObject isNow && was.Select(member => member.Key).ToHashSet().SetEquals(isNow.Select(member => member.Key))
                && !s_identities.Any(was.ContainsKey))
            {
                pairs.Add((index, index));
                removed.Remove(index);
                added.Remove(index);
            }
        }
    }

    // What is not in the longest run that kept its order was moved.
    private static List<(int Before, int After)> Moved(List<(int Before, int After)> pairs)
    {
        var ordered = pairs.OrderBy(pair => pair.After).ToList();
        var (ends, previous) = (new List<int>(), new int[ordered.Count]);
        for (var index = 0; index < ordered.Count; index++)
        {
            var at = ends.FindIndexSorted(place => ordered[place].Before >= ordered[index].Before);
            previous[index] = at > 0 ? ends[at - 1] : -1;
            if (at == ends.Count)
            {
                ends.Add(index);
            }
            else
            {
                ends[at] = index;
            }
        }

        var kept = new HashSet<int>();
        for (var index = ends.Count > 0 ? ends[^1] : -1; index >= 0; index = previous[index])
        {
            kept.Add(index);
        }

        return [.. ordered.Where((_, index) => !kept.Contains(index))];
    }

    private static int FindIndexSorted(this List<int> sorted, Predicate<int> isBehind)
    {
        var (low, high) = (0, sorted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isBehind(sorted[middle]) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private static string? IdentityOf(JsonArray before, JsonArray after)
        => s_identities.FirstOrDefault(member => new[] { before, after }.All(items => items.Count == 0 || IsOwn(items, member)) && before.Count + after.Count > 0);

    private static bool IsOwn(JsonArray items, string member)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return items.All(item => item is JsonObject fields && fields[member] is JsonValue value && value.GetValueKind() is JsonValueKind.String && seen.Add(value.ToString()));
    }

    private static bool HasPrecedence(JsonArray items) => items.Count > 0 && items.All(item => item is JsonObject fields && fields.ContainsKey("precedence"));

    private static List<string> Keys(JsonArray items, string? identity)
        => [.. items.Select(item => identity is null ? Canonical(item) : item![identity]!.ToString())];

    private static string Canonical(JsonNode? node)
    {
        var text = new StringBuilder();
        Write(node, text);
        return text.ToString();
    }

    private static void Write(JsonNode? node, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject fields:
                foreach (var (name, value) in fields.OrderBy(member => member.Key, StringComparer.Ordinal))
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name.Length}{name}:");
                    Write(value, text);
                }

                text.Append('}');
                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    Write(item, text);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}

/// <summary>What became of the items of a list.</summary>
/// <param name="Identity">The member that names an item; null where an item is what it says.</param>
/// <param name="Pairs">Items that are in both.</param>
/// <param name="Removed">Places in the list before.</param>
/// <param name="Added">Places in the list after.</param>
/// <param name="Moved">Items that stand elsewhere, where that says something.</param>
internal sealed record ListPairs(
    string? Identity, IReadOnlyList<(int Before, int After)> Pairs, IReadOnlyList<int> Removed, IReadOnlyList<int> Added, IReadOnlyList<(int Before, int After)> Moved);
