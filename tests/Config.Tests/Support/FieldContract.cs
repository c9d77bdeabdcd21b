using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;

namespace ManagedOAuth.Config.Tests.Support;

/// <summary>A documented field of an object.</summary>
/// <param name="Pointer">Where it stands.</param>
/// <param name="Json">A value that it takes; its JSON type is the only one that it takes.</param>
/// <param name="Shown">What reading the object shows of that value: the same if null, nothing if empty.</param>
internal sealed record DocumentedField(string Pointer, string Json, string? Shown = null)
{
    public string Name => Pointer.Split('/')[1];
}

/// <summary>What is promised of every documented field of an object: a good value is kept, a value of another type is refused under the field's name.</summary>
internal static class FieldContract
{
    private static readonly string[] s_ofEveryType = ["\"text\"", "1", "true", "[1]", "{\"a\":1}"];

    /// <summary>One row for each field and each type that it does not take.</summary>
    public static TheoryData<string, string> WrongTypes(IEnumerable<DocumentedField> fields)
    {
        var rows = new TheoryData<string, string>();
        foreach (var field in fields)
        {
            foreach (var json in s_ofEveryType.Where(json => TypeOf(json) != TypeOf(field.Json)))
            {
                rows.Add(field.Pointer, json);
            }
        }

        return rows;
    }

    /// <summary>An object with all the fields.</summary>
    public static JsonObject Whole(IEnumerable<DocumentedField> fields)
    {
        var body = new JsonObject();
        foreach (var field in fields)
        {
            Set(body, field.Pointer, field.Json);
        }

        return body;
    }

    /// <summary>The object with one value in the place of what it has.</summary>
    public static JsonObject With(JsonObject whole, string pointer, string json)
    {
        var body = whole.DeepClone().AsObject();
        Set(body, pointer, json);
        return body;
    }

    /// <summary>Every field is shown with what it was given.</summary>
    public static void AssertKept(JsonNode shown, IEnumerable<DocumentedField> fields)
    {
        foreach (var field in fields)
        {
            var value = field.Pointer.Split('/').Skip(1).Aggregate((JsonNode?)shown, (node, member) => node?[member]);
            Assert.True(
                field.Shown == "" ? value is null : JsonNode.DeepEquals(JsonNode.Parse(field.Shown ?? field.Json), value),
                $"{field.Pointer} is shown as {value?.ToJsonString() ?? "nothing"}");
        }
    }

    /// <summary>The one fault is told at the field, or inside it, and says the field's name.</summary>
    public static void AssertRefused(IReadOnlyList<ApiError> errors, string pointer)
    {
        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.StartsWith(pointer, error.Source!.Pointer, StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Message.Contains(pointer.Split('/')[^1], StringComparison.Ordinal));
    }

    /// <summary>The documented fields are all that the object shows, apart from these: a new field without a row here fails.</summary>
    public static void AssertComplete(JsonNode shown, IEnumerable<DocumentedField> fields, params string[] others)
        => Assert.Empty(shown.AsObject().Select(member => member.Key).Except(fields.Select(field => field.Name)).Except(others));

    /// <summary>A reader of a body, and where its errors go.</summary>
    public static (BodyReader Reader, List<ApiError> Errors) Read(JsonNode body)
    {
        var errors = new List<ApiError>();
        return (new BodyReader(JsonSerializer.SerializeToElement(body), errors), errors);
    }

    private static string TypeOf(string json) => JsonNode.Parse(json)!.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? "flag" : JsonNode.Parse(json)!.GetValueKind().ToString();

    private static void Set(JsonObject body, string pointer, string json)
    {
        var members = pointer.Split('/').Skip(1).ToArray();
        var parent = body;
        foreach (var member in members[..^1])
        {
            parent = parent[member] as JsonObject ?? (JsonObject)(parent[member] = new JsonObject())!;
        }

        parent[members[^1]] = JsonNode.Parse(json);
    }
}
