using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ManagedOAuth.Config.Applications;

/// <summary>
/// A public address of an application: host, optional port, optional path; written without a scheme (<c>app.example.com/admin</c>,
/// <c>localhost:8700</c>). Normalised: host in lower case, no default path, no trailing <c>/*</c>.
/// </summary>
/// <param name="Authority">Host and, where given, port.</param>
/// <param name="Path">Empty or starting with a slash.</param>
public sealed record PublicAddress(string Authority, string Path)
{
    public override string ToString() => Authority + Path;

    /// <summary>Reads an address; null result and a reason when it is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PublicAddress? address, out string reason)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = null;
        reason = "domain is a host name with an optional port and path, without a scheme, such as app.example.com";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? text : text[..slash];
        var path = slash < 0 ? "" : text[slash..].TrimEnd('*').TrimEnd('/');
        if (text.Length is 0 or > 255 || !IsAuthority(authority))
        {
            return false;
        }

        if (!path.All(c => char.IsAsciiLetterOrDigit(c) || "/-._~".Contains(c, StringComparison.Ordinal)) || path.Contains("//", StringComparison.Ordinal)
            || path.Split('/').Any(segment => segment is "." or ".."))
        {
            reason = "the path of a domain has only letters, digits and - . _ ~, and no empty or dot segments";
            return false;
        }

        address = new PublicAddress(authority.ToLowerInvariant(), path);
        return true;
    }

    private static bool IsAuthority(string authority)
    {
        var colon = authority.LastIndexOf(':');
        var host = authority;
        if (colon >= 0 && !authority.EndsWith(']'))
        {
            host = authority[..colon];
            if (!int.TryParse(authority[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            {
                return false;
            }
        }

        if (host is "[::1]")
        {
            return true;
        }

        return host.Length is > 0 and <= 253
            && host.Split('.').All(label => label.Length is > 0 and <= 63
                && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                && !label.StartsWith('-') && !label.EndsWith('-'));
    }
}
