using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Durations;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.Config.Applications;

/// <summary>Reads and validates <c>oauth_configuration</c>: present and without <c>enabled</c> it turns Managed OAuth on, as in the original.</summary>
public static class OAuthConfigurationReader
{
    private static readonly TimeSpan s_shortestToken = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestToken = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_longestSession = TimeSpan.FromHours(8760);
    private static readonly TimeSpan s_longestGrace = TimeSpan.FromMinutes(10);

    public static OAuthConfiguration? Read(BodyReader application)
    {
        ArgumentNullException.ThrowIfNull(application);
        if (application.Nested("oauth_configuration") is not { } reader)
        {
            return null;
        }

        return new OAuthConfiguration
        {
            Enabled = reader.Flag("enabled", true),
            DynamicClientRegistration = Registration(reader.Nested("dynamic_client_registration")),
            Grant = Grant(reader.Nested("grant")),
        };
    }

    private static DynamicClientRegistration Registration(BodyReader? reader)
    {
        if (reader is null)
        {
            return new DynamicClientRegistration();
        }

        var uris = reader.Texts("allowed_uris", 500, 2048);
        for (var index = 0; index < uris.Count; index++)
        {
            if (!AllowedUri.TryParse(uris[index], out _, out var problem))
            {
                reader.Refuse($"allowed_uris/{index}", $"an allowed URI {problem}");
            }
        }

        return new DynamicClientRegistration
        {
            Enabled = reader.Flag("enabled", true),
            AllowAnyOnLocalhost = reader.Flag("allow_any_on_localhost", false),
            AllowAnyOnLoopback = reader.Flag("allow_any_on_loopback", false),
            AllowedUris = uris,
        };
    }

    private static GrantSettings Grant(BodyReader? reader)
    {
        var defaults = new GrantSettings();
        if (reader is null)
        {
            return defaults;
        }

        var token = reader.Duration("access_token_lifetime", defaults.AccessTokenLifetime, s_shortestToken, s_longestToken);
        return new GrantSettings
        {
            AccessTokenLifetime = token,
            SessionDuration = reader.Duration("session_duration", defaults.SessionDuration, GoDuration.Parse(token), s_longestSession),
            RefreshGrace = reader.Duration("refresh_grace", defaults.RefreshGrace, TimeSpan.Zero, s_longestGrace),
        };
    }
}
