using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Pages;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>What takes a change back: an object's version before it (before a creation there was none), provided that nobody has changed the object since.</summary>
/// <param name="Kind">Name of the kind of object.</param>
/// <param name="Id">The object; empty where there is only one of its kind. Of one that was made, the id in its address of the admin API.</param>
/// <param name="Version">The version to bring back; 0 = it was made, and is removed.</param>
/// <param name="IfMatch">Entity tag of what the change made.</param>
/// <param name="Back">The page to go to afterwards.</param>
public sealed record Undo(string Kind, string Id, long Version, string IfMatch, string Back)
{
    /// <summary>Takes a change back; null where the kind has no way back, or nothing was changed.</summary>
    /// <param name="kind">The kind of object.</param>
    /// <param name="id">The id that its versions have.</param>
    /// <param name="before">The object before the change.</param>
    /// <param name="answer">What the API answered to the change.</param>
    /// <param name="back">The page to go to afterwards.</param>
    public static Undo? OfChange(PageKind kind, string id, JsonObject before, ApiAnswer answer, string back)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(answer);
        return kind.IsRestorable && answer.ETag is { } tag && VersionOf(before) is { } version && VersionOf(answer.Object) != version ? new Undo(kind.Name, id, version, tag, back) : null;
    }

    /// <summary>Takes a removal back; null where the kind has no way back.</summary>
    public static Undo? OfRemoval(PageKind kind, string id, JsonObject before)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(before);
        return kind.IsRestorable && VersionOf(before) is { } version
            ? new Undo(kind.Name, id, version, string.Create(CultureInfo.InvariantCulture, $"\"{version + 1}\""), kind.PageOf(id))
            : null;
    }

    /// <summary>Takes a creation back; null where the kind has no way back.</summary>
    public static Undo? OfCreation(PageKind kind, ApiAnswer made)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(made);
        return kind.IsRestorable && made.ETag is { } tag && (string?)made.Object["id"] is { Length: > 0 } id ? new Undo(kind.Name, id, 0, tag, kind.Path) : null;
    }

    private static long? VersionOf(JsonObject item) => (item["version"] as JsonValue)?.TryGetValue<long>(out var version) == true ? version : null;
}
