using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>Whether a tool or prompt is there, before it is asked for whom.</summary>
public enum PortalCapabilityState
{
    /// <summary>Listed and callable, for whom the policies admit.</summary>
    Available,

    /// <summary>Switched off, or not on the list of what is on.</summary>
    Disabled,

    /// <summary>Not approved as it is now.</summary>
    Quarantined,

    /// <summary>Its name or definition is not one that can be passed on.</summary>
    Invalid,

    /// <summary>Another one has its name.</summary>
    Duplicate,
}

/// <summary>A tool or prompt of one server in one portal.</summary>
public sealed class PortalCapability
{
    /// <summary>What clients call it; unique among the available ones of a portal.</summary>
    public required string VisibleName { get; init; }

    /// <summary>What its server calls it.</summary>
    public required string Name { get; init; }

    public required PortalCapabilityState State { get; init; }

    /// <summary>Why it is not available, or what of its curation could not be followed; empty = nothing.</summary>
    public string Problem { get; init; } = "";

    /// <summary>The definition as clients see it, UTF-8 JSON: the server's, with name and description replaced and nothing else touched.</summary>
    public ReadOnlyMemory<byte> Definition { get; init; }

    /// <summary>The server's own definition.</summary>
    public required McpDefinition Source { get; init; }

    /// <summary>What has to admit a user in addition to the server's own policies; each of them.</summary>
    public IReadOnlyList<McpToolPolicy> Policies { get; init; } = [];
}
