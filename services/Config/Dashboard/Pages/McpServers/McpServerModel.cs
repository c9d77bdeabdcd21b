using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.McpServers;

/// <summary>What stands beside the form of a server.</summary>
public sealed record McpServerFacts
{
    /// <summary>The server as the admin API shows it.</summary>
    public required JsonObject Server { get; init; }

    /// <summary>Its open alerts, newest first.</summary>
    public required IReadOnlyList<JsonObject> Alerts { get; init; }

    /// <summary>The portals that have it: address of the page, name.</summary>
    public required IReadOnlyList<(string Path, string Name)> Portals { get; init; }

    /// <summary>The applications that say who sees it: address of the page, name.</summary>
    public required IReadOnlyList<(string Path, string Name)> Applications { get; init; }
}

/// <summary>The tools and prompts of a server, as their page shows them.</summary>
public sealed record McpServerModel
{
    public required string Id { get; init; }

    /// <summary>The server's address in the admin API.</summary>
    public required string ApiPath { get; init; }

    public required Draft Draft { get; init; }

    public required string ETag { get; init; }

    /// <summary>The name as it is stored.</summary>
    public required string Name { get; init; }

    public required CapabilityPage Page { get; init; }

    /// <summary>What waits for approval, with its difference from what was approved.</summary>
    public required IReadOnlyList<JsonObject> Waiting { get; init; }

    public Preview? Preview { get; init; }

    /// <summary>The tabs of a server.</summary>
    public static IReadOnlyList<(string Path, string Text)> TabsOf(string id) =>
    [
        ($"/mcp-servers/{id}", "Settings"),
        ($"/mcp-servers/{id}/tools", "Tools and prompts"),
        ($"/mcp-servers/{id}/history", "History"),
    ];
}
