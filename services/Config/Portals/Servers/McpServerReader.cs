using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.IdentityProviders;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Portals.Capabilities;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>
/// Reads and validates an MCP server. What makes it what it is (name, address, authentication), its switches, and what clients of the original do
/// not know stay as they are when a body leaves them out.
/// </summary>
public sealed class McpServerReader(ProviderUrls urls, McpOAuthClientReader clients, McpServerSecrets secrets)
{
    private const int Most = 500;

    public McpServer Read(BodyReader body, Guid id, McpServer? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(draft);
        var snapshot = draft.Snapshot;
        var server = new McpServer
        {
            Id = id,
            ServerId = existing?.ServerId ?? NewId(body, draft),
            Name = existing is not null && !body.Has("name") ? existing.Name : body.RequiredText("name", 350),
            Description = body.Text("description", "", 1000),
            Hostname = Hostname(body, existing, snapshot),
            AuthType = AuthType(body, existing),
            IsSharedOauthCallbackEnabled = body.Flag("is_shared_oauth_callback_enabled", false),
            UpdatedTools = CapabilityReader.Read(body, "updated_tools", existing?.UpdatedTools),
            UpdatedPrompts = CapabilityReader.Read(body, "updated_prompts", existing?.UpdatedPrompts),
        };
        server = OwnExtensions(body, server, existing, snapshot);
        if (body.Flag("secure_web_gateway", false))
        {
            body.Refuse("secure_web_gateway", "there is no secure web gateway here that requests to the server could go through; leave it false");
        }

        snapshot.McpCatalogs.TryGetValue(McpCatalog.IdOf(id), out var catalog);
        CapabilityReader.RefuseClashes(body, "updated_tools", catalog?.Tools, new CapabilityUpdates([], server.UpdatedTools));
        CapabilityReader.RefuseClashes(body, "updated_prompts", catalog?.Prompts, new CapabilityUpdates([], server.UpdatedPrompts));
        foreach (var use in snapshot.McpPortals.Values.SelectMany(portal => portal.Servers).Where(use => use.ServerId == existing?.ServerId))
        {
            CapabilityReader.RefuseClashes(body, "updated_tools", catalog?.Tools, new CapabilityUpdates(use.UpdatedTools, server.UpdatedTools));
            CapabilityReader.RefuseClashes(body, "updated_prompts", catalog?.Prompts, new CapabilityUpdates(use.UpdatedPrompts, server.UpdatedPrompts));
        }

        return Credentials(body, server, existing);
    }

    private static McpServer OwnExtensions(BodyReader body, McpServer server, McpServer? existing, ConfigurationSnapshot snapshot) => server with
    {
        ToolPinning = Kept(body, "tool_pinning", existing) is { } before ? before.ToolPinning : Pinning(body),
        ToolPolicies = ToolPolicyReader.Read(body, existing?.ToolPolicies, snapshot),
        SendAssertion = Kept(body, "send_assertion", existing)?.SendAssertion ?? body.Flag("send_assertion", false),
        RequestTimeout = Kept(body, "request_timeout", existing)?.RequestTimeout
            ?? body.Duration("request_timeout", "60s", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
        CallsPerMinute = Kept(body, "calls_per_minute", existing)?.CallsPerMinute ?? body.Number("calls_per_minute", 0, 100_000) ?? 0,
    };

    private static McpServer? Kept(BodyReader body, string member, McpServer? existing) => body.Has(member) ? null : existing;

    private static McpToolPinning Pinning(BodyReader body)
    {
        var text = body.OptionalText("tool_pinning", 20) ?? "quarantine";
        if (text is not ("automatic" or "notify" or "quarantine"))
        {
            body.Refuse("tool_pinning", "tool_pinning is quarantine (new and changed tools wait for approval), notify or automatic");
        }

        return text switch { "automatic" => McpToolPinning.Automatic, "notify" => McpToolPinning.Notify, _ => McpToolPinning.Quarantine };
    }

    // In a file `id` is the uuid.
    private static string NewId(BodyReader body, ConfigurationDraft draft)
    {
        var snapshot = draft.Snapshot;
        var id = PortalIds.Server(body, draft.IsTransfer ? "server_id" : "id");
        if (snapshot.McpServers.Values.Any(other => other.ServerId == id))
        {
            body.Refuse("id", $"there is an MCP server {id} already");
        }
        else if (snapshot.McpServers.Count >= Most)
        {
            body.Refuse("id", $"there are {Most} MCP servers already, which is the most there can be");
        }

        return id;
    }

    private string Hostname(BodyReader body, McpServer? existing, ConfigurationSnapshot snapshot)
    {
        if (existing is not null && !body.Has("hostname"))
        {
            return existing.Hostname;
        }

        var text = body.RequiredText("hostname", 2048);
        if (text.Length == 0)
        {
            return text;
        }

        if (!text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            body.Refuse("hostname", "hostname is the URL of the server's MCP endpoint, such as https://mcp.example.com/mcp. A server that speaks over standard input and output (stdio) cannot be "
                + "reached from here: run it behind a Streamable HTTP endpoint");
            return text;
        }

        var url = urls.Read(body, "hostname");
        if (url is not null && Uri.TryCreate(url, UriKind.Absolute, out var uri) && snapshot.McpPortals.Values.FirstOrDefault(portal => IsAt(uri, portal.Hostname)) is { } portal)
        {
            body.Refuse("hostname", $"this is the address of the portal {portal.PortalId}; a portal cannot stand behind a portal");
        }

        return text;
    }

    private static bool IsAt(Uri uri, string authority) => string.Equals(uri.Authority, authority, StringComparison.OrdinalIgnoreCase);

    private static McpAuthType AuthType(BodyReader body, McpServer? existing)
    {
        if (existing is not null && !body.Has("auth_type"))
        {
            return existing.AuthType;
        }

        switch (body.RequiredText("auth_type", 40))
        {
            case "oauth":
                return McpAuthType.Oauth;
            case "bearer":
                return McpAuthType.Bearer;
            case "unauthenticated" or "":
                return McpAuthType.Unauthenticated;
            default:
                body.Refuse("auth_type", "auth_type is oauth, bearer or unauthenticated");
                return McpAuthType.Unauthenticated;
        }
    }

    private McpServer Credentials(BodyReader body, McpServer server, McpServer? existing) => server.AuthType switch
    {
        McpAuthType.Bearer => Bearer(body, server, existing?.AuthType == McpAuthType.Bearer ? existing : null),
        McpAuthType.Oauth => OAuth(body, server, existing?.AuthType == McpAuthType.Oauth ? existing : null),
        _ => Unauthenticated(body, server),
    };

    private McpServer Bearer(BodyReader body, McpServer server, McpServer? before)
    {
        var given = McpHeadersReader.Read(body);
        var headers = secrets.Keep(body, McpCredentials.Member, McpServerSecrets.Headers, given, server.Id, before, IsSameOrigin(server, before));
        if (headers is null && body.Errors.Count == 0)
        {
            body.Refuse(McpCredentials.Member, "auth_credentials is required for auth_type bearer: a token, or {\"headers\":{\"Name\":\"value\"}}");
        }

        return headers is null ? server : server with { SealedSecrets = new Dictionary<string, string> { [McpServerSecrets.Headers] = headers } };
    }

    private McpServer OAuth(BodyReader body, McpServer server, McpServer? before)
    {
        var (client, given) = clients.Read(body, before?.OauthClient);
        if (client is null)
        {
            if (!string.IsNullOrEmpty(given))
            {
                body.Refuse("client_secret", "a client_secret belongs to a client that was registered by hand: give its client_id in oauth_client too");
            }

            return server;
        }

        var sameReceiver = IsSameOrigin(server, before) && before?.OauthClient is { } was
            && (was.ClientId, was.Issuer, was.TokenEndpoint) == (client.ClientId, client.Issuer, client.TokenEndpoint);
        if (client.TokenEndpointAuthMethod == "none")
        {
            if (!string.IsNullOrEmpty(given))
            {
                body.Refuse("client_secret", "a client with token_endpoint_auth_method none has no secret");
            }

            return server with { OauthClient = client };
        }

        var secret = secrets.Keep(body, "client_secret", McpServerSecrets.ClientSecret, given, server.Id, before, sameReceiver);
        if (secret is null && body.Errors.Count == 0)
        {
            body.Refuse("client_secret", $"client_secret is required for {client.TokenEndpointAuthMethod}");
        }

        return server with
        {
            OauthClient = client,
            SealedSecrets = secret is null ? null : new Dictionary<string, string> { [McpServerSecrets.ClientSecret] = secret },
        };
    }

    private static McpServer Unauthenticated(BodyReader body, McpServer server)
    {
        if (McpCredentials.Read(body) is not null)
        {
            body.Refuse(McpCredentials.Member, "a server of auth_type unauthenticated is shown nothing; choose bearer or oauth");
        }

        return server;
    }

    private static bool IsSameOrigin(McpServer server, McpServer? before)
        => before is not null && Uri.TryCreate(server.Hostname, UriKind.Absolute, out var now) && Uri.TryCreate(before.Hostname, UriKind.Absolute, out var was)
            && Uri.Compare(now, was, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
}
