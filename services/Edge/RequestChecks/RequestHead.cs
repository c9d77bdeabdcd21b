namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>What the rules look at: the head of a request as it was received.</summary>
/// <param name="Protocol"><c>HTTP/1.1</c>, ...</param>
/// <param name="Method">As received; methods are case-sensitive (RFC 9110 §9.1).</param>
/// <param name="Target">The request target.</param>
/// <param name="Headers">All header fields.</param>
internal readonly record struct RequestHead(string Protocol, string Method, RequestTarget Target, IHeaderDictionary Headers)
{
    /// <summary>HTTP/1.x, where framing and target are text that two parsers can read differently.</summary>
    public bool IsHttp1 => Protocol.StartsWith("HTTP/1", StringComparison.Ordinal);

    public bool IsHttp10 => Protocol == "HTTP/1.0";
}
