using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>Where an MCP server is spoken with, and how.</summary>
/// <param name="Address">An absolute URL.</param>
/// <param name="Transport">The transport.</param>
public readonly record struct McpEndpoint(Uri Address, McpTransport Transport)
{
    /// <summary>
    /// Where a server at an address may be, in the order in which it is looked for: the last segment of the path chooses the transport; where it says nothing,
    /// both are tried there, and then below it. All are on the address's own origin.
    /// </summary>
    public static IReadOnlyList<McpEndpoint> Candidates(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var path = address.AbsolutePath.TrimEnd('/');
        if (path.EndsWith("/mcp", StringComparison.Ordinal))
        {
            return [new(address, McpTransport.StreamableHttp)];
        }

        return path.EndsWith("/sse", StringComparison.Ordinal)
            ? [new(address, McpTransport.Sse)]
            : [
                new(address, McpTransport.StreamableHttp),
                new(address, McpTransport.Sse),
                new(new UriBuilder(address) { Path = path + "/mcp" }.Uri, McpTransport.StreamableHttp),
                new(new UriBuilder(address) { Path = path + "/sse" }.Uri, McpTransport.Sse),
            ];
    }

    /// <summary>Where a server was found when it was read; null when it was not yet, or at an address that it no longer has.</summary>
    public static McpEndpoint? Of(McpServer server, McpCatalog? catalog)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (catalog is not { Endpoint: { } found, Transport: { } transport } || !Uri.TryCreate(server.Hostname, UriKind.Absolute, out var address))
        {
            return null;
        }

        foreach (var candidate in Candidates(address))
        {
            if (candidate.Transport == transport && candidate.Address.AbsoluteUri == found)
            {
                return candidate;
            }
        }

        return null;
    }
}

/// <summary>How messages get to an MCP server.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<McpTransport>))]
public enum McpTransport
{
    /// <summary>Each message is a POST (2025-03-26 and later).</summary>
    StreamableHttp,

    /// <summary>The older one: a stream on which everything comes, and an address to which everything is sent (2024-11-05).</summary>
    Sse,
}
