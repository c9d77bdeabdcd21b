using System.Text.Json;
using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Config.Api;

/// <summary>
/// Reads the members of one JSON object and collects every error with a pointer to its field, so that a caller sees all that is wrong at once.
/// Unknown members are left alone, as the original does.
/// </summary>
public sealed class BodyReader(JsonElement body, List<ApiError> errors, string path = "")
{
    /// <summary>The errors found so far, here and in the readers of nested objects.</summary>
    public List<ApiError> Errors { get; } = errors;

    /// <summary>The names of all members.</summary>
    public IEnumerable<string> Members => body.ValueKind == JsonValueKind.Object ? body.EnumerateObject().Select(member => member.Name) : [];

    /// <summary>Whether the member is there (also as null).</summary>
    public bool Has(string member) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty(member, out _);

    /// <summary>Whether the member is there and null.</summary>
    public bool IsNull(string member) => Has(member) && body.GetProperty(member).ValueKind == JsonValueKind.Null;

    /// <summary>Whether the member is there and an object.</summary>
    public bool IsObject(string member) => TryGet(member, out var value) && value.ValueKind == JsonValueKind.Object;

    /// <summary>Whether the member is exactly this text; nothing is noted when it is not.</summary>
    public bool IsText(string member, string text) => PlainText(member) == text;

    /// <summary>The member as it stands, or nothing when it is no text; nothing is noted then.</summary>
    public string PlainText(string member) => TryGet(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    public void Refuse(string member, string reason) => Errors.Add(ApiErrors.Invalid($"{path}/{member}", reason));

    public string? OptionalText(string member, int maximum = 1024)
    {
        if (!TryGet(member, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            Refuse(member, $"{member} is a text");
            return null;
        }

        var text = value.GetString()!;
        if (text.Length > maximum || text.Any(char.IsControl))
        {
            Refuse(member, $"{member} has at most {maximum} characters and no control characters");
            return null;
        }

        return text;
    }

    /// <summary>A secret: a text that may have several lines (a key in PEM). Only its presence and length are ever told.</summary>
    public string? OptionalSecret(string member, int maximum)
    {
        if (!TryGet(member, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && text.Length <= maximum && !text.Contains('\0', StringComparison.Ordinal))
        {
            return text;
        }

        Refuse(member, $"{member} is a text of at most {maximum} characters");
        return null;
    }

    /// <summary>An object whose members are all texts.</summary>
    public IReadOnlyDictionary<string, string> TextMap(string member, int maximumCount, int maximumLength = 1024)
    {
        if (!TryGet(member, out var value))
        {
            return new Dictionary<string, string>();
        }

        if (value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() > maximumCount
            || !value.EnumerateObject().All(item => item.Value.ValueKind == JsonValueKind.String && item.Name.Length <= maximumLength
                && item.Value.GetString() is { } text && text.Length <= maximumLength && !text.Any(char.IsControl)))
        {
            Refuse(member, $"{member} is an object of at most {maximumCount} texts, each at most {maximumLength} characters");
            return new Dictionary<string, string>();
        }

        return value.EnumerateObject().ToDictionary(item => item.Name, item => item.Value.GetString()!, StringComparer.Ordinal);
    }

    /// <summary>A required text of many lines.</summary>
    public string Document(string member, int maximum)
    {
        if (TryGet(member, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            && text.Length <= maximum && !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')))
        {
            return text;
        }

        Refuse(member, $"{member} is a text of 1 to {maximum} characters, without control characters other than tabs and line ends");
        return "";
    }

    public string Text(string member, string fallback, int maximum = 1024) => OptionalText(member, maximum) ?? fallback;

    public string RequiredText(string member, int maximum = 1024)
    {
        var text = OptionalText(member, maximum);
        if (string.IsNullOrWhiteSpace(text))
        {
            if (Errors.TrueForAll(error => error.Source?.Pointer != $"{path}/{member}"))
            {
                Refuse(member, $"{member} is required");
            }

            return "";
        }

        return text;
    }

    public bool Flag(string member, bool fallback)
    {
        if (!TryGet(member, out var value))
        {
            return fallback;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Refuse(member, $"{member} is true or false");
        return fallback;
    }

    public int? Number(string member, int minimum, int maximum)
    {
        if (!TryGet(member, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        Refuse(member, $"{member} is a whole number from {minimum} to {maximum}");
        return null;
    }

    /// <summary>A duration in Go's syntax, inside its limits; the text is kept as it was written.</summary>
    public string Duration(string member, string fallback, TimeSpan minimum, TimeSpan maximum)
    {
        var text = OptionalText(member, 40);
        if (text is null)
        {
            return fallback;
        }

        if (GoDuration.TryParse(text, out var value) && value >= minimum && value <= maximum)
        {
            return text;
        }

        Refuse(member, $"{member} is a duration such as 15m or 24h, from {GoDuration.Format(minimum)} to {GoDuration.Format(maximum)}");
        return fallback;
    }

    public IReadOnlyList<string> Texts(string member, int maximumCount, int maximumLength = 1024)
    {
        var texts = new List<string>();
        foreach (var (item, index) in Items(member, maximumCount).Select((item, index) => (item, index)))
        {
            if (item.ValueKind == JsonValueKind.String && item.GetString() is { Length: > 0 } text && text.Length <= maximumLength && !text.Any(char.IsControl))
            {
                texts.Add(text);
            }
            else
            {
                Refuse($"{member}/{index}", $"each of {member} is a text of 1 to {maximumLength} characters");
            }
        }

        return texts;
    }

    public IReadOnlyList<Guid> Ids(string member, int maximumCount)
    {
        var ids = new List<Guid>();
        foreach (var (item, index) in Items(member, maximumCount).Select((item, index) => (item, index)))
        {
            if (item.ValueKind == JsonValueKind.String && item.TryGetGuid(out var id))
            {
                ids.Add(id);
            }
            else
            {
                Refuse($"{member}/{index}", $"each of {member} is a uuid");
            }
        }

        return ids;
    }

    /// <summary>The items of an array; none when the member is absent, null or no array.</summary>
    public IReadOnlyList<JsonElement> Items(string member, int maximumCount)
    {
        if (!TryGet(member, out var value))
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > maximumCount)
        {
            Refuse(member, $"{member} is an array of at most {maximumCount} items");
            return [];
        }

        return [.. value.EnumerateArray()];
    }

    /// <summary>A reader of a nested object; null when the member is absent, null or no object.</summary>
    public BodyReader? Nested(string member)
    {
        if (!TryGet(member, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return new BodyReader(value, Errors, $"{path}/{member}");
        }

        Refuse(member, $"{member} is an object");
        return null;
    }

    /// <summary>A reader of one item of an array.</summary>
    public BodyReader Item(string member, int index, JsonElement item) => new(item, Errors, $"{path}/{member}/{index}");

    private bool TryGet(string member, out JsonElement value)
    {
        value = default;
        return body.ValueKind == JsonValueKind.Object && body.TryGetProperty(member, out value) && value.ValueKind != JsonValueKind.Null;
    }
}
