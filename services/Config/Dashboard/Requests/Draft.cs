using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>
/// An object of the admin API while it is edited: its JSON, the fields of a form put into it, and what the API said about it. A field's name is the
/// JSON pointer of its member, which is also how the API names an error's place.
/// </summary>
public sealed class Draft
{
    public Draft(JsonObject? value = null) => Value = (JsonObject?)value?.DeepClone() ?? [];

    public JsonObject Value { get; }

    /// <summary>What is wrong, by JSON pointer; an empty pointer is about the whole.</summary>
    public IReadOnlyList<(string Pointer, string Reason)> Errors { get; set; } = [];

    /// <summary>Where somebody goes on who has changed the form and is shown it again: a row that was added, or its list; empty = at the beginning.</summary>
    public string Focus { get; set; } = "";

    /// <summary>The pointers of what is wrong inside a field, such as with one of its lines.</summary>
    public IEnumerable<string> Within(string pointer)
        => Errors.Select(error => error.Pointer).Where(wrong => wrong.StartsWith(pointer + "/", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal);

    public string Text(string pointer) => Find(pointer) is JsonValue value ? value.ToString() : "";

    public bool Flag(string pointer) => Find(pointer) is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    public bool Has(string pointer) => Find(pointer) is not null;

    public IReadOnlyList<string> List(string pointer) => Find(pointer) is JsonArray array ? [.. array.Select(item => item?.ToString() ?? "")] : [];

    public IReadOnlyList<JsonObject> Objects(string pointer) => Find(pointer) is JsonArray array ? [.. array.OfType<JsonObject>()] : [];

    /// <summary>What is wrong with a field or anything inside it; null when nothing is.</summary>
    public string? Error(string pointer)
        => Errors.Where(error => error.Pointer == pointer || error.Pointer.StartsWith(pointer + "/", StringComparison.Ordinal)).Select(error => error.Reason).Distinct().ToList() is { Count: > 0 } found
            ? string.Join("; ", found)
            : null;

    /// <summary>Sets a member, with the objects on the way to it.</summary>
    public void Set(string pointer, JsonNode? node)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        var names = pointer.Split('/')[1..];
        var at = Value;
        foreach (var name in names[..^1])
        {
            if (at[name] is not JsonObject next)
            {
                next = [];
                at[name] = next;
            }

            at = next;
        }

        at[names[^1]] = node;
    }

    public void Remove(string pointer)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        var slash = pointer.LastIndexOf('/');
        ((slash == 0 ? Value : Find(pointer[..slash])) as JsonObject)?.Remove(pointer[(slash + 1)..]);
    }

    /// <summary>A text field; an empty one of an optional member removes it.</summary>
    public void TakeText(IFormCollection form, string pointer, bool optional = false)
    {
        ArgumentNullException.ThrowIfNull(form);
        if (form[pointer].Count == 0)
        {
            return;
        }

        var text = Posted.Text(form[pointer]);
        if (text.Length == 0 && optional)
        {
            Remove(pointer);
        }
        else
        {
            Set(pointer, text);
        }
    }

    /// <summary>A check box: absent from the form means off.</summary>
    public void TakeFlag(IFormCollection form, string pointer)
    {
        ArgumentNullException.ThrowIfNull(form);
        Set(pointer, form[pointer].Count > 0);
    }

    /// <summary>A text area with one item per line.</summary>
    public void TakeLines(IFormCollection form, string pointer)
    {
        ArgumentNullException.ThrowIfNull(form);
        if (form[pointer].Count > 0)
        {
            SetList(pointer, form[pointer].ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }
    }

    /// <summary>Several check boxes of one name.</summary>
    public void TakeChoices(IFormCollection form, string pointer)
    {
        ArgumentNullException.ThrowIfNull(form);
        SetList(pointer, form[pointer].OfType<string>().Where(value => value.Length > 0));
    }

    /// <summary>
    /// Several check boxes of one name, of which the form says in hidden fields which it offered: what it did not offer (there are more than it shows,
    /// or whoever opened it may not see them) stays chosen.
    /// </summary>
    public void TakeOffered(IFormCollection form, string pointer)
    {
        ArgumentNullException.ThrowIfNull(form);
        var offered = form[OfferedField(pointer)].OfType<string>().ToHashSet(StringComparer.Ordinal);
        SetList(pointer, List(pointer).Where(value => !offered.Contains(value)).Concat(form[pointer].OfType<string>().Where(value => value.Length > 0)));
    }

    /// <summary>Name of the hidden fields with what a form offers.</summary>
    public static string OfferedField(string pointer) => "offered:" + pointer;

    public void SetList(string pointer, IEnumerable<string> items) => Set(pointer, new JsonArray([.. items.Distinct(StringComparer.Ordinal).Select(item => JsonValue.Create(item))]));

    private JsonNode? Find(string pointer)
    {
        JsonNode? at = Value;
        foreach (var name in pointer.Split('/')[1..])
        {
            at = at is JsonObject json ? json[name] : null;
        }

        return at;
    }
}
