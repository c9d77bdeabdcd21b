using System.Text.Json;
using Google.Protobuf;
using ManagedOAuth.Config.IdentityProviders;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Feed;

/// <summary>
/// What one caller of the feed gets to see: settings of identity providers go to authorization-server alone, hashes of service tokens to edge
/// alone, custom pages to those that show them, tags to nobody. What MCP servers are shown goes to authorization-server alone, portals and servers to
/// those that serve them, catalogs to edge.
/// </summary>
public sealed class FeedView(string caller, ProviderSecrets secrets, McpServerSecrets mcpSecrets)
{
    public ConfigEntry? Show(FeedEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!IsFor(entry.Kind))
        {
            return null;
        }

        var shown = new ConfigEntry { Kind = entry.Kind, Id = entry.Id.ToString(), Version = entry.Version, Deleted = entry.State is null };
        if (entry.State is not null)
        {
            shown.Json = ByteString.CopyFrom(Serialize(entry.State));
        }

        return shown;
    }

    private bool IsFor(string kind) => kind switch
    {
        "tag" => false,
        "custom_page" or "mcp_server" or "mcp_portal" => caller != "token",
        "mcp_catalog" => caller == "edge",
        _ => true,
    };

    private byte[] Serialize(object state) => state switch
    {
        Application application => JsonSerializer.SerializeToUtf8Bytes(application, ConfigurationJson.Default.Application),
        Policy policy => JsonSerializer.SerializeToUtf8Bytes(policy, ConfigurationJson.Default.Policy),
        Group group => JsonSerializer.SerializeToUtf8Bytes(group, ConfigurationJson.Default.Group),
        IdentityProvider provider => JsonSerializer.SerializeToUtf8Bytes(
            caller == "authorization-server" ? secrets.Open(provider) : provider with { Config = null, SealedSecrets = null, ScimConfig = null }, ConfigurationJson.Default.IdentityProvider),
        ServiceToken token => JsonSerializer.SerializeToUtf8Bytes(
            caller == "edge" ? token : token with { SecretHash = "", PreviousSecretHash = null }, ConfigurationJson.Default.ServiceToken),
        AccessList list => JsonSerializer.SerializeToUtf8Bytes(list, ConfigurationJson.Default.AccessList),
        CustomPage page => JsonSerializer.SerializeToUtf8Bytes(page, ConfigurationJson.Default.CustomPage),
        McpServer server => JsonSerializer.SerializeToUtf8Bytes(
            caller == "authorization-server" ? mcpSecrets.Open(server) : McpServerSecrets.Hide(server), ConfigurationJson.Default.McpServer),
        McpPortal portal => JsonSerializer.SerializeToUtf8Bytes(portal, ConfigurationJson.Default.McpPortal),
        McpCatalog catalog => JsonSerializer.SerializeToUtf8Bytes(WithoutPast(catalog), ConfigurationJson.Default.McpCatalog),
        Organization organization => JsonSerializer.SerializeToUtf8Bytes(organization, ConfigurationJson.Default.Organization),
        _ => throw new InvalidOperationException($"{state.GetType()} is not part of the feed."),
    };

    // What was approved before is for people who compare.
    private static McpCatalog WithoutPast(McpCatalog catalog) => catalog with
    {
        Tools = [.. catalog.Tools.Select(tool => tool with { LastApproved = null })],
        Prompts = [.. catalog.Prompts.Select(prompt => prompt with { LastApproved = null })],
        WithdrawnTools = new Dictionary<string, string>(),
        WithdrawnPrompts = new Dictionary<string, string>(),
    };
}
