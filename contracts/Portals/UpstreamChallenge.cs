namespace ManagedOAuth.Contracts.Portals;

/// <summary>What an MCP server's 401 or 403 says about logging in there (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5.1).</summary>
/// <param name="ResourceMetadata">Where its metadata is; not checked.</param>
/// <param name="Scope">What it wants asked for; not checked.</param>
/// <param name="Error">Why it refuses; not checked.</param>
public sealed record UpstreamChallenge(string? ResourceMetadata, string? Scope, string? Error = null)
{
    /// <summary>The token is good, and was granted less than this request needs (RFC 6750 §3.1).</summary>
    public const string InsufficientScope = "insufficient_scope";

    private const int MaximumLength = 8 * 1024;

    /// <summary>The first <c>Bearer</c> challenge; null when there is none, or nothing that can be read.</summary>
    public static UpstreamChallenge? Read(IEnumerable<string> headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        foreach (var header in headers.Where(header => header.Length <= MaximumLength))
        {
            string? scheme = null;
            var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            var reader = new Reader(header);
            while (reader.Next(out var word, out var value))
            {
                if (value is not null)
                {
                    // Of two values for one name neither can be trusted more: the first stays.
                    _ = IsBearer(scheme) && parameters.TryAdd(word, value);
                    continue;
                }

                if (IsBearer(scheme))
                {
                    break;
                }

                scheme = word;
            }

            if (IsBearer(scheme))
            {
                return new UpstreamChallenge(parameters.GetValueOrDefault("resource_metadata"), parameters.GetValueOrDefault("scope"), parameters.GetValueOrDefault("error"));
            }
        }

        return null;
    }

    private static bool IsBearer(string? scheme) => string.Equals(scheme, "Bearer", StringComparison.OrdinalIgnoreCase);

    // Words one after another: a scheme (no value), or a parameter with its value.
    private ref struct Reader(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        public bool Next(out string word, out string? value)
        {
            (word, value) = ("", null);
            _rest = _rest.TrimStart(" \t,");
            var end = _rest.IndexOfAny(" \t,=");
            end = end < 0 ? _rest.Length : end;
            if (end == 0)
            {
                return false;
            }

            word = _rest[..end].ToString();
            _rest = _rest[end..].TrimStart(" \t");
            if (!_rest.StartsWith("="))
            {
                return true;
            }

            _rest = _rest[1..].TrimStart(" \t");
            value = _rest.StartsWith("\"") ? Quoted() : Token();
            return true;
        }

        private string Token()
        {
            var end = _rest.IndexOfAny(" \t,");
            end = end < 0 ? _rest.Length : end;
            var token = _rest[..end].ToString();
            _rest = _rest[end..];
            return token;
        }

        private string Quoted()
        {
            var result = new System.Text.StringBuilder();
            var i = 1;
            for (; i < _rest.Length && _rest[i] != '"'; i++)
            {
                i += _rest[i] == '\\' && i + 1 < _rest.Length ? 1 : 0;
                result.Append(_rest[i]);
            }

            _rest = i < _rest.Length ? _rest[(i + 1)..] : [];
            return result.ToString();
        }
    }
}
