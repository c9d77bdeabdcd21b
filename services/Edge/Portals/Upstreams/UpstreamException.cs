using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>A server, or what is needed to ask it, failed a request.</summary>
/// <param name="outcome">One of <see cref="PortalOutcomes"/>.</param>
/// <param name="message">For the client; quotes nothing that the server sent.</param>
/// <param name="inner">The cause.</param>
internal sealed class UpstreamException(string outcome, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Outcome { get; } = outcome;

    /// <summary>HTTP status of the server; 0 when there was none.</summary>
    public int Status { get; init; }

    /// <summary>The server never saw the request, or said that it did nothing with it: it may be sent again.</summary>
    public bool IsUnprocessed { get; init; }

    /// <summary>The session that the server no longer knows: its id, or the channel of the older transport; null = none was named.</summary>
    public object? LostSession { get; init; }

    /// <summary>The credential is good, but was granted too little: what the server wants (RFC 6750 §3.1), as it said it; null = it is not that.</summary>
    public string? MissingScope { get; init; }

    /// <summary>It tells of the server's health: counts for its circuit.</summary>
    public bool IsServerFault { get; init; }

    /// <summary>The error as it is handed to the client; null = made of the message.</summary>
    public RpcError? Error { get; init; }
}
