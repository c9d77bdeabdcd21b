using System.Diagnostics.CodeAnalysis;

namespace ManagedOAuth.Contracts.OAuth;

/// <summary>
/// One entry of an application's <c>allowed_uris</c>: an https URI, whose path may end in <c>/*</c> for everything below, or the exact URI of a
/// custom scheme.
/// </summary>
public sealed class AllowedUri
{
    private readonly string _text;
    private readonly UriText _uri;
    private readonly bool _everythingBelow;

    private AllowedUri(string text, UriText uri, bool everythingBelow)
    {
        _text = text;
        _uri = uri;
        _everythingBelow = everythingBelow;
    }

    /// <summary>Reads an entry; <paramref name="problem"/> says in a few words what is wrong with one that is none.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out AllowedUri? entry, [NotNullWhen(false)] out string? problem)
    {
        entry = null;
        var below = text is not null && text.EndsWith("/*", StringComparison.Ordinal);
        var plain = below ? text![..^1] : text;
        if (!UriText.TryParse(plain, out var uri))
        {
            problem = "is not an absolute URI without fragment, user information, spaces and control characters";
        }
        else if (plain!.Contains('*', StringComparison.Ordinal))
        {
            problem = "may have a wildcard only as the whole last path segment";
        }
        else if (uri.Scheme == "http")
        {
            problem = "must be https; clients on localhost and loopback are admitted by allow_any_on_localhost and allow_any_on_loopback";
        }
        else if (below && (uri.Scheme != "https" || uri.Query.Length > 0))
        {
            problem = uri.Scheme == "https" ? "may not have a wildcard in its query" : "may not have a wildcard with a custom scheme";
        }
        else
        {
            problem = RedirectUriFormat.ProblemOf(uri);
        }

        entry = problem is null ? new AllowedUri(text!, uri, below) : null;
        return entry is not null;
    }

    /// <summary>
    /// Whether a redirect URI is this entry or lies below it. Scheme and host ignore case and the default port may be written or not; the path
    /// is compared byte for byte by whole segments. A custom scheme is compared byte for byte.
    /// </summary>
    public bool Matches(string redirectUri)
    {
        if (_uri.Scheme != "https")
        {
            return string.Equals(_text, redirectUri, StringComparison.Ordinal);
        }

        if (!UriText.TryParse(redirectUri, out var uri) || uri.Scheme != "https" || uri.Host != _uri.Host || uri.Port != _uri.Port || uri.HasAmbiguousPath)
        {
            return false;
        }

        return _everythingBelow
            ? uri.PathOrRoot.StartsWith(_uri.Path, StringComparison.Ordinal)
            : uri.PathOrRoot == _uri.PathOrRoot && uri.Query == _uri.Query;
    }
}
