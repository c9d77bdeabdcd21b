using System.Text.Json;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>
/// What an MCP server offers, as Config last read it, with what of it is approved. Its stream is the history of every definition; a reading that
/// found nothing new makes no event.
/// </summary>
public sealed record McpCatalog
{
    /// <summary>The catalog's own event stream; see <see cref="IdOf"/>.</summary>
    public required Guid Id { get; init; }

    /// <summary><see cref="McpServer.ServerId"/>.</summary>
    public required string ServerId { get; init; }

    /// <summary>The URL where the server was found, which may be below <see cref="McpServer.Hostname"/>; null = read before that was kept. Calls go there as long as it fits the server's address.</summary>
    public string? Endpoint { get; init; }

    /// <summary>How the server was spoken with at <see cref="Endpoint"/>.</summary>
    public McpTransport? Transport { get; init; }

    /// <summary>The protocol revision that was spoken.</summary>
    public string ProtocolVersion { get; init; } = "";

    /// <summary><c>serverInfo</c> as the server said it.</summary>
    public JsonElement? ServerInfo { get; init; }

    /// <summary><c>capabilities</c> as the server said it.</summary>
    public JsonElement? Capabilities { get; init; }

    /// <summary>What the server tells models about itself, as it was approved.</summary>
    public string? Instructions { get; init; }

    /// <summary>Other instructions than the approved ones, which wait for approval as a definition does: <c>{"text": "..."}</c>. Null = none.</summary>
    public McpDefinition? WaitingInstructions { get; init; }

    public IReadOnlyList<McpDefinition> Tools { get; init; } = [];

    public IReadOnlyList<McpDefinition> Prompts { get; init; } = [];

    /// <summary>Tools that are no longer there, with the hash that was approved: one that comes back as it was needs no new approval.</summary>
    public IReadOnlyDictionary<string, string> WithdrawnTools { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> WithdrawnPrompts { get; init; } = new Dictionary<string, string>();

    /// <summary>Resources as the server lists them; they are not pinned, because they are data.</summary>
    public IReadOnlyList<JsonElement> Resources { get; init; } = [];

    public IReadOnlyList<JsonElement> ResourceTemplates { get; init; } = [];

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The stream of a server's catalog: the server's own with its last bit turned.</summary>
    public static Guid IdOf(Guid server)
    {
        Span<byte> bytes = stackalloc byte[16];
        server.TryWriteBytes(bytes);
        bytes[15] ^= 1;
        return new Guid(bytes);
    }
}

/// <summary>One tool or prompt of a server.</summary>
public sealed record McpDefinition
{
    /// <summary>The name that the server gives it.</summary>
    public required string Name { get; init; }

    /// <summary>The definition as the server sent it last.</summary>
    public required JsonElement Definition { get; init; }

    /// <summary>SHA-256 of the canonical form of <see cref="Definition"/>, lower-case hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>False: in quarantine, neither listed nor callable.</summary>
    public bool Approved { get; init; } = true;

    /// <summary>What was approved before it changed, for comparison; null when it is new, or approved as it is.</summary>
    public JsonElement? LastApproved { get; init; }
}
