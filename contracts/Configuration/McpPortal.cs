using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>Several MCP servers behind one address. The application of type <c>mcp_portal</c> that was made with it holds its policies.</summary>
public sealed record McpPortal : ConfigurationRecord
{
    /// <summary><c>id</c> in the admin API: 1 to 64 lower-case letters, digits and inner hyphens.</summary>
    public required string PortalId { get; init; }

    /// <summary>The authority (with port when it has one) at which the portal is; the endpoint is <c>/mcp</c> there.</summary>
    public required string Hostname { get; init; }

    public string Description { get; init; } = "";

    /// <summary><c>off</c>, <c>opt_in</c>, <c>default_on</c> or <c>enforced</c>. Kept and shown: scripts are not run here.</summary>
    public string CodeMode { get; init; } = "off";

    public bool SecureWebGateway { get; init; }

    /// <summary>At most 40.</summary>
    public IReadOnlyList<McpPortalServer> Servers { get; init; } = [];

    /// <summary>The application of type <c>mcp_portal</c> that stands for it.</summary>
    public required Guid ApplicationId { get; init; }

    /// <summary>The path of the MCP endpoint at every portal.</summary>
    [JsonIgnore]
    public static string EndpointPath => "/mcp";
}

/// <summary>A server in a portal.</summary>
public sealed record McpPortalServer
{
    /// <summary><see cref="McpServer.ServerId"/>.</summary>
    public required string ServerId { get; init; }

    /// <summary>Each user logs in at the server with an account of their own; otherwise everybody uses the administrator's.</summary>
    public bool OnBehalf { get; init; } = true;

    /// <summary>Only tools that are listed as enabled are there.</summary>
    public bool DefaultDisabled { get; init; }

    public IReadOnlyList<McpCapabilityUpdate> UpdatedTools { get; init; } = [];

    public IReadOnlyList<McpCapabilityUpdate> UpdatedPrompts { get; init; } = [];
}
