using System.Text.Json;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Config.Portals.Catalogs;

/// <summary>What a server said when it was read, inside the limits.</summary>
public sealed record McpReading
{
    /// <summary>Where the server was found, and how it was spoken with.</summary>
    public McpEndpoint? Endpoint { get; init; }

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
