using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.McpServers;

/// <summary>A group of tools, and who may use them.</summary>
/// <param name="Tools">Names, one per line.</param>
/// <param name="Policies">Ids.</param>
/// <param name="Error">What is wrong with it.</param>
/// <param name="IsOpen">It can be changed. Every row with every policy to choose from would be a page of a hundred thousand choices.</param>
public sealed record ToolPolicyRow(string Tools, IReadOnlyList<string> Policies, string? Error, bool IsOpen);

/// <summary>The rows of a server's form that say who may use some of its tools (<c>tool_policies</c>). An empty row is none.</summary>
public static class ToolPolicyForm
{
    private const string List = "/tool_policies";

    /// <summary>What a button with the number of a row behind it asks for: <c>open:3</c>.</summary>
    public const string Open = "open";

    // Far below what a form may have.
    private const int MostRows = 101;

    /// <summary>The name of a field of a row: <c>tools</c> or <c>policies</c>.</summary>
    public static string Field(int row, string member) => string.Create(CultureInfo.InvariantCulture, $"{List}/{row}/{member}");

    /// <summary>What the draft says, with one empty row for more.</summary>
    public static IReadOnlyList<ToolPolicyRow> RowsOf(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return
        [
            .. draft.Objects(List).Select((entry, row) =>
            {
                var pointer = string.Create(CultureInfo.InvariantCulture, $"{List}/{row}");
                var error = draft.Error(pointer);
                return new ToolPolicyRow(string.Join('\n', Texts(entry["tools"])), Texts(entry["policies"]), error, error is not null || draft.Focus == pointer);
            }),
            new ToolPolicyRow("", [], null, true),
        ];
    }

    /// <summary>Puts the rows into the draft, which a form without them leaves as it is; true when a row is to be opened, so that the form is shown again instead of being saved.</summary>
    public static bool Take(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        if (form[Field(0, "tools")].Count == 0)
        {
            return false;
        }

        var opened = form["action"].ToString().Split(':') is [Open, var number] ? number : "";
        var rows = new JsonArray();
        for (var row = 0; row < MostRows && form[Field(row, "tools")].Count > 0; row++)
        {
            var tools = form[Field(row, "tools")].ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var policies = form[Field(row, "policies")].OfType<string>().Where(id => id.Length > 0).ToArray();
            if (tools.Length + policies.Length > 0)
            {
                if (opened == row.ToString(CultureInfo.InvariantCulture))
                {
                    draft.Focus = string.Create(CultureInfo.InvariantCulture, $"{List}/{rows.Count}");
                }

                rows.Add((JsonNode)new JsonObject { ["tools"] = new JsonArray([.. tools.Select(tool => JsonValue.Create(tool))]), ["policies"] = new JsonArray([.. policies.Select(id => JsonValue.Create(id))]) });
            }
        }

        draft.Set(List, rows);
        return opened.Length > 0;
    }

    private static IReadOnlyList<string> Texts(JsonNode? list) => [.. (list as JsonArray ?? []).Select(item => item?.ToString() ?? "")];
}
