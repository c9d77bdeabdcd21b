using System.Buffers;
using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>
/// Reads <c>auth_credentials</c> of a server with <c>auth_type</c> bearer: a token, or <c>{"headers":{"Name":"value"}}</c> (as an object, or as a
/// text that holds one, as the original has it).
/// </summary>
internal static class McpHeadersReader
{
    private const int MostHeaders = 20;
    private const int LongestValue = 8192;

    // RFC 9110, section 5.6.2.
    private static readonly SearchValues<char> s_token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // What the portal itself says in each request, what belongs to one connection, and what only the portal may say about a user.
    private static readonly HashSet<string> s_refused = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", AssertionHeader.Name, "Connection", "Content-Length", "Content-Type", "Cookie", "Expect", "Host", "Keep-Alive", "Last-Event-ID", "MCP-Protocol-Version",
        "Mcp-Session-Id", "Origin", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    /// <summary>The headers as JSON; null when the body gives none.</summary>
    public static string? Read(BodyReader body)
    {
        if (McpCredentials.Read(body) is not { } credentials)
        {
            return null;
        }

        if (credentials.Object is { } settings)
        {
            return Headers(settings);
        }

        if (credentials.Text.Any(c => c is <= ' ' or > '~'))
        {
            body.Refuse(McpCredentials.Member, "a bearer token is printable ASCII without spaces; leave \"Bearer\" out, it is put before it");
            return null;
        }

        return Json(new Dictionary<string, string> { ["Authorization"] = $"Bearer {credentials.Text}" });
    }

    private static string? Headers(BodyReader settings)
    {
        var headers = settings.TextMap("headers", MostHeaders, LongestValue);
        if (headers.Count == 0)
        {
            settings.Refuse("headers", "headers has the name and value of at least one header");
            return null;
        }

        foreach (var (name, value) in headers)
        {
            if (name.Length is 0 or > 100 || name.AsSpan().ContainsAnyExcept(s_token))
            {
                settings.Refuse("headers", "the name of a header is 1 to 100 letters, digits and hyphens");
            }
            else if (s_refused.Contains(name))
            {
                settings.Refuse($"headers/{name}", $"{name} cannot be set here: it belongs to the connection or to the protocol");
            }
            else if (value.Length == 0 || value.Any(c => c is < ' ' or > '~') || value != value.Trim())
            {
                settings.Refuse($"headers/{name}", "the value of a header is printable ASCII without spaces at its ends");
            }
        }

        if (headers.Keys.Distinct(StringComparer.OrdinalIgnoreCase).Count() != headers.Count)
        {
            settings.Refuse("headers", "a header may be there only once");
        }

        return Json(headers);
    }

    private static string Json(IReadOnlyDictionary<string, string> headers) => JsonSerializer.Serialize(headers, ConfigurationJson.Default.IReadOnlyDictionaryStringString);
}
