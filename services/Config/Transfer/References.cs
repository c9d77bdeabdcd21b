using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Transfer;

/// <summary>
/// What an object refers to: every text in it that is a uuid. Objects are named by uuids alone, and a uuid names one object, so nothing has to be
/// known about the members of a kind.
/// </summary>
public static class References
{
    private const int Length = 36;

    /// <summary>Every uuid in the value.</summary>
    public static IEnumerable<Guid> In(JsonNode? value) => value switch
    {
        JsonObject members => members.SelectMany(member => In(member.Value)),
        JsonArray items => items.SelectMany(In),
        JsonValue text when Read(text) is { } id => [id],
        _ => [],
    };

    /// <summary>Puts other ids in the place of some.</summary>
    /// <returns>The value to use instead; the same one, changed, where it has members.</returns>
    public static JsonNode? Replace(JsonNode? value, IReadOnlyDictionary<Guid, Guid> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        switch (value)
        {
            case JsonObject members:
                foreach (var name in members.Select(member => member.Key).ToList())
                {
                    var (before, after) = (members[name], Replace(members[name], ids));
                    if (!ReferenceEquals(before, after))
                    {
                        members[name] = after;
                    }
                }

                return members;
            case JsonArray items:
                for (var index = 0; index < items.Count; index++)
                {
                    var (before, after) = (items[index], Replace(items[index], ids));
                    if (!ReferenceEquals(before, after))
                    {
                        items[index] = after;
                    }
                }

                return items;
            case JsonValue text when Read(text) is { } id && ids.TryGetValue(id, out var other):
                return JsonValue.Create(other.ToString());
            default:
                return value;
        }
    }

    private static Guid? Read(JsonValue value)
        => value.TryGetValue<Guid>(out var id) ? id
            : value.TryGetValue<string>(out var text) && text.Length == Length && Guid.TryParseExact(text, "D", out var parsed) ? parsed
            : null;
}
