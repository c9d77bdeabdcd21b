namespace ManagedOAuth.Contracts.OAuth;

/// <summary>Which redirect URIs can be registered at all (OAuth 2.1 §2.3.1, RFC 8252 §7), whatever an application's own rules say.</summary>
public static class RedirectUriFormat
{
    // Schemes that a browser runs, opens locally or embeds, or that carry no answer to an application (RFC 8252 §8.4).
    private static readonly string[] s_neverAllowed =
    [
        "about", "blob", "chrome", "chrome-extension", "content", "data", "file", "filesystem", "ftp", "intent", "jar", "javascript",
        "livescript", "mailto", "mhtml", "ms-its", "resource", "sms", "tel", "urn", "vbscript", "view-source", "wss", "ws",
    ];

    /// <summary>Null when the URI may be used, else what is wrong with it in a few ASCII words.</summary>
    public static string? Problem(string? uri)
    {
        if (!UriText.TryParse(uri, out var parsed))
        {
            return "is not an absolute URI without fragment, user information, spaces and control characters";
        }

        if (uri!.Contains('*', StringComparison.Ordinal))
        {
            return "contains a wildcard";
        }

        return ProblemOf(parsed);
    }

    /// <summary>The scheme of a URI, lower case; empty for a text that is none.</summary>
    public static string SchemeOf(string uri) => UriText.TryParse(uri, out var parsed) ? parsed.Scheme : "";

    /// <summary>What a user can recognise: the host with its port, or for a custom scheme the scheme with its colon.</summary>
    public static string DisplayHost(string uri)
    {
        if (!UriText.TryParse(uri, out var parsed) || parsed is not { Scheme: "https" or "http" })
        {
            return parsed.Scheme is { Length: > 0 } scheme ? scheme + ":" : uri;
        }

        return parsed.Port is 443 && parsed.Scheme == "https" || parsed.Port is 80 && parsed.Scheme == "http"
            ? parsed.Host
            : $"{parsed.Host}:{parsed.Port}";
    }

    internal static string? ProblemOf(UriText uri)
    {
        if (s_neverAllowed.Contains(uri.Scheme))
        {
            return "has a scheme that is never allowed";
        }

        if (uri.Scheme is not ("http" or "https"))
        {
            return uri.Host.Length == 0 && uri.Path.Length == 0 ? "has nothing after its scheme" : null;
        }

        if (uri.Host.Length == 0)
        {
            return "has no host";
        }

        if (uri.Scheme == "http" && !PublicOrigin.IsLoopback(uri.Host))
        {
            return "is http on a host other than localhost, 127.0.0.1 or [::1]";
        }

        return uri.HasAmbiguousPath ? "has a path with dot segments, empty segments or encoded separators" : null;
    }
}
