using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Secrets;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>What MCP servers are shown: sealed in events, opened for authorization-server alone.</summary>
public sealed class McpServerSecrets(SealedMembers members)
{
    /// <summary>The member of <see cref="McpServer.SealedSecrets"/> with the headers.</summary>
    public const string Headers = "headers";

    /// <summary>The member of <see cref="McpServer.SealedSecrets"/> with the secret of the client that was registered by hand.</summary>
    public const string ClientSecret = "client_secret";

    /// <inheritdoc cref="SealedMembers.Keep"/>
    /// <param name="body">Takes the refusal.</param>
    /// <param name="member">The member that a caller gives it in.</param>
    /// <param name="secret"><see cref="Headers"/> or <see cref="ClientSecret"/>.</param>
    /// <param name="given">What the body has.</param>
    /// <param name="id">The server.</param>
    /// <param name="existing">The server before the change, if it had this kind of credential.</param>
    /// <param name="sameReceiver">Whether it still goes where it went.</param>
    public string? Keep(BodyReader body, string member, string secret, string? given, Guid id, McpServer? existing, bool sameReceiver)
        => members.Keep(body, member, given, Purpose(id, secret), existing?.SealedSecrets?.GetValueOrDefault(secret), sameReceiver);

    /// <summary>The server with its secrets in it: for authorization-server alone. What does not open is left out.</summary>
    public McpServer Open(McpServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        var opened = Hide(server);
        if (server.SealedSecrets is not { } secrets)
        {
            return opened;
        }

        if (secrets.TryGetValue(Headers, out var headers) && members.Open(Purpose(server.Id, Headers), headers) is { } json)
        {
            opened = opened with { Headers = JsonSerializer.Deserialize(json, ConfigurationJson.Default.IReadOnlyDictionaryStringString) };
        }

        if (opened.OauthClient is { } client && secrets.TryGetValue(ClientSecret, out var secret))
        {
            opened = opened with { OauthClient = client with { ClientSecret = members.Open(Purpose(server.Id, ClientSecret), secret) } };
        }

        return opened;
    }

    /// <summary>The server without secrets, sealed ones included.</summary>
    public static McpServer Hide(McpServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server with { SealedSecrets = null, Headers = null, OauthClient = server.OauthClient is { } client ? client with { ClientSecret = null } : null };
    }

    private static string Purpose(Guid id, string secret) => $"mcp-server:{id}:{secret}";
}
