using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>Reads and validates an identity provider. A type that cannot log anybody in is refused, not stored.</summary>
public sealed class IdentityProviderReader(ProviderUrls urls, OidcSettingsReader oidc, ProviderSecrets secrets)
{
    private static readonly JsonElement s_empty = JsonDocument.Parse("{}").RootElement.Clone();

    public IdentityProvider Read(BodyReader reader, Guid id, IdentityProvider? existing, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(snapshot);
        var provider = new IdentityProvider { Id = id, Name = reader.RequiredText("name", 200), Type = reader.RequiredText("type", 40), Config = s_empty };
        provider = provider with { ScimConfig = ScimConfigReader.Read(reader, provider.Type, existing?.ScimConfig) };
        if (existing is not null && existing.Type != provider.Type)
        {
            // Users, rules and kept credentials of the one would be taken for those of the other.
            reader.Refuse("type", "the type of an identity provider cannot change; create another one");
            return provider;
        }

        switch (provider.Type)
        {
            case "onetimepin":
                // It has no settings; something else than an object is a mistake all the same.
                reader.Nested("config");
                if (snapshot.IdentityProviders.Values.Any(other => other.Id != id && other.Type == provider.Type))
                {
                    reader.Refuse("type", "there is a one-time PIN identity provider already");
                }

                return provider;
            case "oidc":
                return ReadOidc(reader, provider, existing);
            case "github":
                return ReadGitHub(reader, provider, existing);
            case "":
                return provider;
            default:
                reader.Refuse("type", "identity providers of type onetimepin, oidc and github are served; most others speak OpenID Connect and can be set up as oidc");
                return provider;
        }
    }

    private IdentityProvider ReadOidc(BodyReader reader, IdentityProvider provider, IdentityProvider? existing)
    {
        if (Config(reader) is not { } config)
        {
            return provider;
        }

        var settings = oidc.Read(config);
        var before = OidcSettings.Read(existing?.Config);
        var same = before is not null && (before.IssuerUrl, before.TokenUrl) == (settings.IssuerUrl, settings.TokenUrl);
        var kept = Secrets(secrets.Read(config, "client_secret", provider.Id, existing, same), secrets.Read(config, "private_key", provider.Id, existing, same));
        OidcSettingsReader.CheckCredentials(config, settings, kept);
        return With(provider, settings, ConfigurationJson.Default.OidcSettings, kept);
    }

    private IdentityProvider ReadGitHub(BodyReader reader, IdentityProvider provider, IdentityProvider? existing)
    {
        if (Config(reader) is not { } config)
        {
            return provider;
        }

        var settings = new GitHubSettings { ClientId = config.RequiredText("client_id", 512) };
        if (urls.Read(config, "base_url", isBase: true) is { } url && url != GitHubSettings.PublicBaseUrl)
        {
            // GitHub Enterprise Server has its API below its own address.
            settings = settings with { BaseUrl = url, ApiUrl = urls.Read(config, "api_url", isBase: true) ?? url + "/api/v3" };
        }

        var before = GitHubSettings.Read(existing?.Config);
        var kept = Secrets(secrets.Read(config, "client_secret", provider.Id, existing, before?.BaseUrl == settings.BaseUrl));
        if (kept.Count == 0 && reader.Errors.Count == 0)
        {
            config.Refuse("client_secret", "client_secret is required");
        }

        return With(provider, settings, ConfigurationJson.Default.GitHubSettings, kept);
    }

    private static BodyReader? Config(BodyReader reader)
    {
        if (!reader.Has("config"))
        {
            reader.Refuse("config", "config is required");
        }

        return reader.Nested("config");
    }

    private static Dictionary<string, string> Secrets(params ReadOnlySpan<KeyValuePair<string, string>?> kept)
    {
        var secrets = new Dictionary<string, string>();
        foreach (var secret in kept)
        {
            if (secret is { } pair)
            {
                secrets.Add(pair.Key, pair.Value);
            }
        }

        return secrets;
    }

    private static IdentityProvider With<T>(IdentityProvider provider, T settings, JsonTypeInfo<T> type, Dictionary<string, string> kept)
        => provider with { Config = JsonSerializer.SerializeToElement(settings, type), SealedSecrets = kept.Count == 0 ? null : kept };
}
