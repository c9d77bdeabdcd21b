namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>
/// Where the body ends must be the same to everybody on the way, or what follows is read as another request by one of them:
/// <c>chunked</c> alone or one Content-Length, never both, and never chunks in HTTP/1.0.
/// </summary>
internal sealed class FramingIsUnambiguous : IRequestRule
{
    // Kestrel moves the Content-Length that came with a Transfer-Encoding here before anybody else sees it.
    private const string MovedContentLength = "X-Content-Length";

    public string Id => "framing";

    public string Spec => "RFC 9112 §6.1, §6.3";

    public RequestRefusal? Check(in RequestHead head)
    {
        var encoding = head.Headers.TransferEncoding;
        if (encoding.Count == 0)
        {
            return null;
        }

        if (!head.IsHttp1 || head.IsHttp10)
        {
            return this.BadRequest("Transfer-Encoding does not exist in this version of HTTP.");
        }

        if (encoding.Count != 1 || !string.Equals(encoding[0], "chunked", StringComparison.OrdinalIgnoreCase))
        {
            return this.BadRequest("The only transfer coding is chunked, once.");
        }

        return head.Headers.ContentLength is not null || head.Headers.ContainsKey(MovedContentLength)
            ? this.BadRequest("Content-Length and Transfer-Encoding exclude each other.")
            : null;
    }
}
