using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>What a destination gets and gives beside the bytes themselves.</summary>
internal interface IForwardTransform
{
    /// <summary>
    /// Decides about one received header. The forwarder has dropped those of the connection and handles Content-Length itself.
    /// Null drops it; the same value passes it; another value replaces it.
    /// </summary>
    StringValues? RequestHeader(string name, HeaderKind kind, StringValues value);

    /// <summary>Adds what we say ourselves. Runs after all received headers.</summary>
    void AddHeaders(HttpContext context, HttpRequestMessage request);

    /// <summary>Whether a cookie of the answer may reach the client.</summary>
    bool KeepsSetCookie(string setCookie);
}
