using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.OAuth;

/// <summary>Whether an application's rules admit a redirect URI: asked when a client registers, and again, live, at the authorization endpoint.</summary>
public static class RedirectRules
{
    /// <summary>Null when the rules admit the URI, else why they do not, in a few ASCII words.</summary>
    public static string? Problem(DynamicClientRegistration rules, string redirectUri)
    {
        ArgumentNullException.ThrowIfNull(rules);
        if (RedirectUriFormat.Problem(redirectUri) is { } problem)
        {
            return problem;
        }

        if (UriText.TryParse(redirectUri, out var uri) && uri.Scheme is "http" or "https")
        {
            switch (uri.Host)
            {
                case "localhost" when rules.AllowAnyOnLocalhost:
                case "127.0.0.1" or "[::1]" when rules.AllowAnyOnLoopback:
                    return null;
                default:
                    break;
            }
        }

        return rules.AllowedUris.Any(entry => AllowedUri.TryParse(entry, out var allowed, out _) && allowed.Matches(redirectUri))
            ? null
            : "is not allowed by the application's settings";
    }

    /// <summary>
    /// Whether the redirect URI of a request is the registered one: equal byte for byte, except that the port of an http loopback URI is free
    /// (RFC 8252 §7.3).
    /// </summary>
    public static bool SameRedirectUri(string registered, string requested)
    {
        if (string.Equals(registered, requested, StringComparison.Ordinal))
        {
            return true;
        }

        return WithoutLoopbackPort(registered) is { } left && left == WithoutLoopbackPort(requested);
    }

    private static string? WithoutLoopbackPort(string uri)
    {
        foreach (var host in PublicOrigin.LoopbackHosts)
        {
            var prefix = "http://" + host;
            if (!uri.StartsWith(prefix, StringComparison.Ordinal) || !UriText.TryParse(uri, out var parsed) || parsed.Host != host)
            {
                continue;
            }

            return $"{prefix}{parsed.Path}{parsed.Query}";
        }

        return null;
    }
}
