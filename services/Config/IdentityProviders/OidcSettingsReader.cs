using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>Reads <c>config</c> of an identity provider of type <c>oidc</c>, without its secrets.</summary>
public sealed partial class OidcSettingsReader(ProviderUrls urls)
{
    private const string WellKnown = "/.well-known/openid-configuration";
    private const int MaximumNames = 50;
    private const int MaximumName = 128;

    private static readonly string[] s_methods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

    // What the protocol itself sends: an administrator's value would break the login or its protection.
    private static readonly string[] s_reserved =
        ["client_id", "response_type", "response_mode", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "request", "request_uri", "client_secret"];

    public OidcSettings Read(BodyReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var settings = new OidcSettings
        {
            ClientId = config.RequiredText("client_id", 512),
            IssuerUrl = Issuer(urls.Read(config, "issuer_url")),
            AuthUrl = urls.Read(config, "auth_url"),
            TokenUrl = urls.Read(config, "token_url"),
            CertsUrl = urls.Read(config, "certs_url"),
            UserinfoUrl = urls.Read(config, "userinfo_url"),
            EndSessionUrl = urls.Read(config, "end_session_url"),
            Claims = config.Texts("claims", MaximumNames, MaximumName),
            EmailClaimName = config.OptionalText("email_claim_name", MaximumName) is { Length: > 0 } email ? email : "email",
            GroupsClaimName = config.OptionalText("groups_claim_name", MaximumName) is { Length: > 0 } groups ? groups : null,
            Scopes = Scopes(config),
            PkceEnabled = config.Flag("pkce_enabled", true),
            TokenEndpointAuthMethod = config.OptionalText("token_endpoint_auth_method", 40) is { Length: > 0 } method ? method : null,
            PrivateKeyId = config.OptionalText("private_key_id", 256),
            AuthorizationParameters = config.TextMap("authorization_parameters", 20, 512),
        };
        CheckEndpoints(config, settings);
        if (settings.TokenEndpointAuthMethod is { } chosen && !s_methods.Contains(chosen, StringComparer.Ordinal))
        {
            config.Refuse("token_endpoint_auth_method", $"token_endpoint_auth_method is one of {string.Join(", ", s_methods)}");
        }

        foreach (var name in settings.AuthorizationParameters.Keys.Where(name => s_reserved.Contains(name, StringComparer.Ordinal)))
        {
            config.Refuse($"authorization_parameters/{name}", $"{name} is set by the login itself");
        }

        return settings;
    }

    /// <summary>Checks the credentials that the settings need, and their form.</summary>
    public static void CheckCredentials(BodyReader config, OidcSettings settings, IReadOnlyDictionary<string, string> kept)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(kept);
        var (member, needed) = settings.TokenEndpointAuthMethod switch
        {
            "none" => ("", false),
            "private_key_jwt" => ("private_key", true),
            "client_secret_basic" or "client_secret_post" => ("client_secret", true),
            _ => ("client_secret", !kept.ContainsKey("private_key")),
        };
        if (needed && !kept.ContainsKey(member) && config.Errors.TrueForAll(error => error.Source?.Pointer?.EndsWith("/" + member, StringComparison.Ordinal) != true))
        {
            config.Refuse(member, $"{member} is required");
        }

        if (config.OptionalSecret("private_key", 8192) is { Length: > 0 } pem && !IsPrivateKey(pem))
        {
            config.Refuse("private_key", "private_key is an RSA key (2048 bits at least) or an elliptic curve key on P-256, PKCS #8 in PEM");
        }
    }

    private static void CheckEndpoints(BodyReader config, OidcSettings settings)
    {
        var given = new[] { settings.AuthUrl, settings.TokenUrl, settings.CertsUrl }.Count(url => url is not null);
        if (given is 1 or 2)
        {
            foreach (var missing in new[] { ("auth_url", settings.AuthUrl), ("token_url", settings.TokenUrl), ("certs_url", settings.CertsUrl) }.Where(pair => pair.Item2 is null))
            {
                config.Refuse(missing.Item1, "auth_url, token_url and certs_url are given all three, or issuer_url alone");
            }
        }
        else if (given == 0 && settings.IssuerUrl is null && config.Errors.Count == 0)
        {
            config.Refuse("issuer_url", "issuer_url is required unless auth_url, token_url and certs_url are given");
        }
    }

    private static string? Issuer(string? url)
        => url is not null && url.EndsWith(WellKnown, StringComparison.Ordinal) ? url[..^WellKnown.Length] : url;

    private static IReadOnlyList<string> Scopes(BodyReader config)
    {
        var scopes = config.Texts("scopes", MaximumNames, MaximumName);
        if (scopes.FirstOrDefault(scope => !ScopeToken().IsMatch(scope)) is not null)
        {
            config.Refuse("scopes", "each of scopes is one scope, without spaces and quotes");
        }

        return scopes.Count == 0 ? ["openid", "profile", "email"] : scopes.Contains("openid") ? scopes : ["openid", .. scopes];
    }

    private static bool IsPrivateKey(string pem)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return rsa.KeySize >= 2048 && pem.Contains("PRIVATE KEY", StringComparison.Ordinal);
        }
        catch (Exception notRsa) when (notRsa is CryptographicException or ArgumentException)
        {
            // Then perhaps the other kind.
        }

        try
        {
            using var ec = ECDsa.Create();
            ec.ImportFromPem(pem);
            return ec.KeySize == 256 && pem.Contains("PRIVATE KEY", StringComparison.Ordinal);
        }
        catch (Exception neither) when (neither is CryptographicException or ArgumentException)
        {
            // The caller is told what a key looks like.
            return false;
        }
    }

    [GeneratedRegex(@"^[\x21\x23-\x5b\x5d-\x7e]+$")]
    private static partial Regex ScopeToken();
}
