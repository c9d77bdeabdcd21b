using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>An MCP server that portals may put behind their door. Who sees it there is decided by the application of type <c>mcp</c> that names it.</summary>
public sealed record McpServer : ConfigurationRecord
{
    /// <summary>
    /// <c>id</c> in the admin API, where the uuid is not shown: 1 to 32 lower-case letters, digits and inner hyphens. It holds no underscore, because <c>{server}_{tool}</c>
    /// is split at the first one.
    /// </summary>
    public required string ServerId { get; init; }

    public string Description { get; init; } = "";

    /// <summary>The server's MCP endpoint: an absolute URL. Its last segment chooses the transport: <c>/mcp</c> Streamable HTTP, <c>/sse</c> the older SSE, otherwise both are tried.</summary>
    public required string Hostname { get; init; }

    public required McpAuthType AuthType { get; init; }

    /// <summary>The client that was registered at the server's authorization server by hand; null = registered dynamically or by metadata document.</summary>
    public McpOAuthClient? OauthClient { get; init; }

    /// <summary>
    /// What the server is shown, for <see cref="McpAuthType.Bearer"/>: header names and values. Only in what authorization-server gets; in events it
    /// is sealed.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>Secrets, each sealed by Config's keys at rest (base64): <c>headers</c>, <c>client_secret</c>. In events only; in no feed and no answer.</summary>
    public IReadOnlyDictionary<string, string>? SealedSecrets { get; init; }

    /// <summary>Logins at the server come back to the team domain, and not to each portal's own callback.</summary>
    public bool IsSharedOauthCallbackEnabled { get; init; }

    /// <summary>Names, descriptions and switches of tools wherever the server is used; a portal's own come first.</summary>
    public IReadOnlyList<McpCapabilityUpdate> UpdatedTools { get; init; } = [];

    public IReadOnlyList<McpCapabilityUpdate> UpdatedPrompts { get; init; } = [];

    /// <summary>What happens when a definition is new or no longer what was approved (our extension).</summary>
    public McpToolPinning ToolPinning { get; init; } = McpToolPinning.Quarantine;

    /// <summary>Policies for single tools beyond the server's own (our extension). A tool that none of them names needs nothing more.</summary>
    public IReadOnlyList<McpToolPolicy> ToolPolicies { get; init; } = [];

    /// <summary>The server gets the portal's signed assertion about the user in <c>Cf-Access-Jwt-Assertion</c> (our extension).</summary>
    public bool SendAssertion { get; init; }

    /// <summary>How long one answer may take, in Go's duration syntax: 1s to 10m (our extension). Progress of a call begins it anew.</summary>
    public string RequestTimeout { get; init; } = "60s";

    /// <summary>Calls of tools that one user may make in a minute at this server; 0 = the product's default (our extension).</summary>
    public int CallsPerMinute { get; init; }
}

/// <summary>What an MCP server asks of its clients.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<McpAuthType>))]
public enum McpAuthType
{
    /// <summary>A login of a user, or of an administrator for all.</summary>
    Oauth,

    /// <summary>A fixed credential: a bearer token or other headers.</summary>
    Bearer,

    Unauthenticated,
}

/// <summary>How new and changed tools are met.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<McpToolPinning>))]
public enum McpToolPinning
{
    /// <summary>Approved by themselves; the history tells of them.</summary>
    Automatic,

    /// <summary>Approved by themselves, and an alert is raised.</summary>
    Notify,

    /// <summary>Neither listed nor callable until an administrator approves.</summary>
    Quarantine,
}

/// <summary>A client that an administrator registered at the server's authorization server.</summary>
public sealed record McpOAuthClient
{
    public required string ClientId { get; init; }

    /// <summary><c>none</c>, <c>client_secret_basic</c> or <c>client_secret_post</c>.</summary>
    public string TokenEndpointAuthMethod { get; init; } = "none";

    /// <summary>Only in what authorization-server gets.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>The authorization server's issuer; null = the server's metadata tells it.</summary>
    public string? Issuer { get; init; }

    /// <summary>Null = from the authorization server's metadata.</summary>
    public string? AuthorizationEndpoint { get; init; }

    /// <summary>Null = from the authorization server's metadata.</summary>
    public string? TokenEndpoint { get; init; }

    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>
    /// The client has a secret, and nothing entered here says whose it is: the MCP server, which says where one logs in, would choose who gets it.
    /// </summary>
    [JsonIgnore]
    public bool IsSecretForAnybody => TokenEndpointAuthMethod != "none" && Issuer is null && TokenEndpoint is null;
}

/// <summary>What an administrator says about one tool or prompt of a server.</summary>
public sealed record McpCapabilityUpdate
{
    /// <summary>The name that the server gives it.</summary>
    public required string Name { get; init; }

    /// <summary>Null = says nothing: on, unless everything is off by default.</summary>
    public bool? Enabled { get; init; }

    /// <summary>1 to 40 characters of letters, digits, and single inner hyphens and underscores; null = keeps its name.</summary>
    public string? Alias { get; init; }

    /// <summary>Shown in place of the server's own; null = the server's own.</summary>
    public string? Description { get; init; }
}

/// <summary>Who may use some tools of a server.</summary>
public sealed record McpToolPolicy
{
    /// <summary>Names that the server gives; one <c>*</c> at the end stands for any rest.</summary>
    public required IReadOnlyList<string> Tools { get; init; }

    /// <summary>Reusable policies, in order: one of them has to admit the user, in addition to the server's.</summary>
    public required IReadOnlyList<Guid> Policies { get; init; }
}
