using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Rules;

/// <summary>
/// The rule builder as plain forms: each rule is a row of fields named <c>/include/0/...</c>; adding and removing a row posts the form, changes it
/// and shows it again, without saving.
/// </summary>
public static class RuleForm
{
    public static readonly IReadOnlyList<string> Lists = ["include", "require", "exclude"];
    private const int MostRows = 1000;

    /// <summary>Reads the rows into the draft; true when a row was added or removed, so that the form is shown again instead of being saved.</summary>
    public static bool Take(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        var action = form["action"].ToString().Split(':');
        foreach (var list in Lists)
        {
            var rules = Rows(form, list);
            if (action is ["remove", var name, var at] && name == list && int.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < rules.Count)
            {
                rules.RemoveAt(index);
                draft.Focus = "/" + list;
            }
            else if (action is ["add", var added] && added == list && RuleKinds.Find(form[$"add-{list}"].ToString()) is { } kind)
            {
                draft.Focus = kind.Inputs.Count == 0 ? "/" + list : string.Create(CultureInfo.InvariantCulture, $"/{list}/{rules.Count}");
                rules.Add(new JsonObject { [kind.Kind] = new JsonObject() });
            }

            draft.Set("/" + list, new JsonArray([.. rules]));
        }

        return action[0] is "add" or "remove";
    }

    private static List<JsonNode> Rows(IFormCollection form, string list)
    {
        var rules = new List<JsonNode>();
        for (var row = 0; row < MostRows; row++)
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"/{list}/{row}");
            if (form[prefix + "/json"].ToString() is { Length: > 0 } json && Parse(json) is { } kept)
            {
                rules.Add(kept);
            }
            else if (RuleKinds.Find(form[prefix + "/kind"].ToString()) is { } kind)
            {
                var body = new JsonObject();
                foreach (var input in kind.Inputs)
                {
                    body[input.Member] = Posted.Text(form[$"{prefix}/{input.Member}"]);
                }

                rules.Add(new JsonObject { [kind.Kind] = body });
            }
            else if (form[prefix + "/kind"].Count == 0)
            {
                break;
            }
        }

        return rules;
    }

    private static JsonObject? Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject;
        }
        catch (JsonException)
        {
            // Somebody edited the hidden field: the row is left out, and the API says what it needs.
            return null;
        }
    }
}
