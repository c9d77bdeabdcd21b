using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Policies;

/// <summary>The field of a form that makes something with its first policy: more are attached afterwards, at the application that comes with it.</summary>
public static class FirstPolicy
{
    private const string Field = "/policies";

    /// <summary>Puts the choice into the draft; none leaves it without policies.</summary>
    public static void Take(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        if (Posted.Text(form[Field]) is { Length: > 0 } policy)
        {
            draft.Set(Field, new JsonArray(new JsonObject { ["id"] = policy }));
        }
    }

    /// <summary>What was chosen; empty = nobody yet.</summary>
    public static string Of(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return draft.Objects(Field) is [var first, ..] ? (string?)first["id"] ?? "" : "";
    }

    /// <summary>What there is to choose.</summary>
    public static IReadOnlyList<(string Value, string Text)> Choices(IEnumerable<JsonObject> policies) => [("", "Nobody yet"), .. Options(policies)];

    /// <summary>Policies as the options of a field.</summary>
    public static IEnumerable<(string Value, string Text)> Options(IEnumerable<JsonObject> policies)
        => policies.Select(policy => ((string?)policy["id"] ?? "", (string?)policy["name"] ?? ""));
}
