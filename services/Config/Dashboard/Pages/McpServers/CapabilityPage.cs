using System.Globalization;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Pages.McpServers;

/// <summary>A tool or prompt of a server.</summary>
/// <param name="Kind"><c>tools</c> or <c>prompts</c>.</param>
/// <param name="Name">The name that the server gives it.</param>
/// <param name="Description">The server's own.</param>
/// <param name="Approved">False = in quarantine.</param>
public sealed record McpCapability(string Kind, string Name, string Description, bool Approved)
{
    /// <summary>Where an administrator's word about it stands.</summary>
    public string Member => $"updated_{Kind}";
}

/// <summary>One page of the tools and prompts of a server, in the order that it gives them.</summary>
/// <param name="Items">Those of this page.</param>
/// <param name="Search">What was searched for.</param>
/// <param name="Number">From 1.</param>
/// <param name="Total">How many there are over all pages.</param>
/// <param name="OfServer">How many there are of the server, whatever was searched for.</param>
public sealed record CapabilityPage(IReadOnlyList<McpCapability> Items, string Search, int Number, int Total, int OfServer)
{
    /// <summary>Each has four fields, and a form has at most 1,024.</summary>
    public const int PerPage = 50;

    public int Pages => Math.Max(1, (Total + PerPage - 1) / PerPage);

    public string Query(int number) => string.Create(CultureInfo.InvariantCulture, $"?page={number}&search={Uri.EscapeDataString(Search)}");

    public static CapabilityPage Of(JsonObject server, IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var search = query["search"].ToString().Trim();
        var all = All(server);
        var found = all.Where(capability => capability.Name.Contains(search, StringComparison.OrdinalIgnoreCase)).ToList();
        var number = int.TryParse(query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked is >= 1 and <= 1000 ? asked : 1;
        return new CapabilityPage([.. found.Skip((number - 1) * PerPage).Take(PerPage)], search, number, found.Count, all.Count);
    }

    public static IReadOnlyList<McpCapability> All(JsonObject server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return [.. Read(server, "tools"), .. Read(server, "prompts")];
    }

    private static IEnumerable<McpCapability> Read(JsonObject server, string kind)
        => (server[kind] as JsonArray ?? []).OfType<JsonObject>().Select(item => new McpCapability(kind, Text(item, "name"), Text(item, "description"), (bool?)item["approved"] != false));

    // A server says what it likes in a definition.
    private static string Text(JsonObject item, string member) => item[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
