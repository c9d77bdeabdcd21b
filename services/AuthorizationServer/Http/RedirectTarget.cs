using System.Text;

namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>Adds response parameters to a redirect URI (RFC 6749 §4.1.2): what the URI has stays as it is, byte for byte.</summary>
public static class RedirectTarget
{
    /// <summary>The URI with the parameters that have a value.</summary>
    public static string With(string uri, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        ArgumentNullException.ThrowIfNull(uri);
        var target = new StringBuilder(uri);
        var separator = uri.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach (var (name, value) in parameters)
        {
            if (value is null)
            {
                continue;
            }

            if (target[^1] is not ('?' or '&'))
            {
                target.Append(separator);
            }

            target.Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return target.ToString();
    }
}
