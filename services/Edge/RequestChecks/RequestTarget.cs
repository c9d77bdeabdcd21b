namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>
/// The path and query of a request, byte for byte as they came: what is checked, what is routed on and what is forwarded are this one string.
/// </summary>
internal readonly record struct RequestTarget
{
    private readonly int _pathLength;

    private RequestTarget(string pathAndQuery)
    {
        PathAndQuery = pathAndQuery;
        var question = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        _pathLength = question < 0 ? pathAndQuery.Length : question;
    }

    /// <summary>Starts with a slash.</summary>
    public string PathAndQuery { get; }

    public ReadOnlySpan<char> Path => PathAndQuery.AsSpan(0, _pathLength);

    /// <summary>With its question mark, or empty.</summary>
    public ReadOnlySpan<char> Query => PathAndQuery.AsSpan(_pathLength);

    /// <summary>
    /// Reads origin-form, and absolute-form whose authority is the <c>Host</c> of the same request (RFC 9112 §3.2.1, §3.2.2).
    /// False for every other form: nothing that we serve has one.
    /// </summary>
    public static bool TryRead(string rawTarget, string host, out RequestTarget target)
    {
        target = default;
        if (rawTarget.StartsWith('/'))
        {
            target = new RequestTarget(rawTarget);
            return true;
        }

        var start = rawTarget.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7
            : rawTarget.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8
            : 0;
        if (start == 0)
        {
            return false;
        }

        var rest = rawTarget.AsSpan(start);
        var end = rest.IndexOfAny("/?#\\");
        var authority = end < 0 ? rest : rest[..end];
        if (host.Length == 0 || !authority.Equals(host, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var path = end < 0 ? "" : rest[end..].ToString();
        target = new RequestTarget(path.StartsWith('/') ? path : "/" + path);
        return true;
    }
}
