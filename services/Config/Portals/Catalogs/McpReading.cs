using System.Text.Json;

namespace ManagedOAuth.Config.Portals.Catalogs;

/// <summary>What a server said when it was read, inside the limits.</summary>
public sealed record McpReading
{
    public string ProtocolVersion { get; init; } = "";

    public JsonElement? ServerInfo { get; init; }

    public JsonElement? Capabilities { get; init; }

    public string? Instructions { get; init; }

    public IReadOnlyList<JsonElement> Tools { get; init; } = [];

    public IReadOnlyList<JsonElement> Prompts { get; init; } = [];

    public IReadOnlyList<JsonElement> Resources { get; init; } = [];

    public IReadOnlyList<JsonElement> ResourceTemplates { get; init; } = [];

    /// <summary>What was left out, and why; for people.</summary>
    public IReadOnlyList<string> Dropped { get; init; } = [];
}
