using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.McpServers;

/// <summary>The rows of a server's form that say who may use some of its tools (<c>tool_policies</c>). An empty row is none.</summary>
public static class ToolPolicyForm
{
    private const string List = "/tool_policies";

    // Far below what a form may have.
    private const int MostRows = 101;

    /// <summary>The name of a field of a row: <c>tools</c> or <c>policies</c>.</summary>
    public static string Field(int row, string member) => string.Create(CultureInfo.InvariantCulture, $"{List}/{row}/{member}");

    /// <summary>What the draft says, with one empty row for more.</summary>
    public static IReadOnlyList<(string Tools, IReadOnlyList<string> Policies, string? Error)> RowsOf(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return
        [
            .. draft.Objects(List).Select((entry, row) => (
                string.Join('\n', Texts(entry["tools"])), Texts(entry["policies"]), draft.Error(string.Create(CultureInfo.InvariantCulture, $"{List}/{row}")))),
            ("", [], null),
        ];
    }

    /// <summary>Puts the rows into the draft; a form without them leaves the draft as it is.</summary>
    public static void Take(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        if (form[Field(0, "tools")].Count == 0)
        {
            return;
        }

        var rows = new JsonArray();
        for (var row = 0; row < MostRows && form[Field(row, "tools")].Count > 0; row++)
        {
            var tools = form[Field(row, "tools")].ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var policies = form[Field(row, "policies")].OfType<string>().Where(id => id.Length > 0).ToArray();
            if (tools.Length + policies.Length > 0)
            {
                rows.Add((JsonNode)new JsonObject { ["tools"] = new JsonArray([.. tools.Select(tool => JsonValue.Create(tool))]), ["policies"] = new JsonArray([.. policies.Select(id => JsonValue.Create(id))]) });
            }
        }

        draft.Set(List, rows);
    }

    private static IReadOnlyList<string> Texts(JsonNode? list) => [.. (list as JsonArray ?? []).Select(item => item?.ToString() ?? "")];
}
