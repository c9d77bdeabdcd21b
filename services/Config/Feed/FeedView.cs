using System.Text.Json;
using Google.Protobuf;
using ManagedOAuth.Config.IdentityProviders;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Feed;

/// <summary>
/// What one caller of the feed gets to see: settings of identity providers go to authorization-server alone, hashes of service tokens to edge
/// alone, custom pages to those that show them, tags to nobody.
/// </summary>
public sealed class FeedView(string caller, ProviderSecrets secrets)
{
    public ConfigEntry? Show(FeedEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Kind == "tag" || (entry.Kind == "custom_page" && caller == "token"))
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

    private byte[] Serialize(object state) => state switch
    {
        Application application => JsonSerializer.SerializeToUtf8Bytes(application, ConfigurationJson.Default.Application),
        Policy policy => JsonSerializer.SerializeToUtf8Bytes(policy, ConfigurationJson.Default.Policy),
        Group group => JsonSerializer.SerializeToUtf8Bytes(group, ConfigurationJson.Default.Group),
        IdentityProvider provider => JsonSerializer.SerializeToUtf8Bytes(
            caller == "authorization-server" ? secrets.Open(provider) : provider with { Config = null, SealedSecrets = null }, ConfigurationJson.Default.IdentityProvider),
        ServiceToken token => JsonSerializer.SerializeToUtf8Bytes(
            caller == "edge" ? token : token with { SecretHash = "", PreviousSecretHash = null }, ConfigurationJson.Default.ServiceToken),
        AccessList list => JsonSerializer.SerializeToUtf8Bytes(list, ConfigurationJson.Default.AccessList),
        CustomPage page => JsonSerializer.SerializeToUtf8Bytes(page, ConfigurationJson.Default.CustomPage),
        Organization organization => JsonSerializer.SerializeToUtf8Bytes(organization, ConfigurationJson.Default.Organization),
        _ => throw new InvalidOperationException($"{state.GetType()} is not part of the feed."),
    };
}
