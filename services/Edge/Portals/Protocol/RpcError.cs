namespace ManagedOAuth.Edge.Portals.Protocol;

/// <summary>An error as a client gets it (JSON-RPC 2.0 §5.1).</summary>
/// <param name="Code">JSON-RPC's, MCP's, or <see cref="RpcCodes"/>.</param>
/// <param name="Message">For people and models: what is wrong and what to do. Never what a server or client sent.</param>
internal sealed record RpcError(int Code, string Message)
{
    /// <summary>HTTP status where the revision or the transport has one for this error; otherwise errors come with 200.</summary>
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>Seconds after which it is worth trying again; null = not known. Said in <c>Retry-After</c> where the status is not 200.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>Further members of <c>data</c>, as JSON values in UTF-8.</summary>
    public IReadOnlyList<(string Name, ReadOnlyMemory<byte> Json)> Data { get; init; } = [];

    public static RpcError InvalidParams(string message) => new(RpcCodes.InvalidParams, message);

    public static RpcError InvalidRequest(string message) => new(RpcCodes.InvalidRequest, message) { Status = StatusCodes.Status400BadRequest };

    public static RpcError Unavailable(string message) => new(RpcCodes.Unavailable, message);
}

/// <summary>Error codes that the portal itself uses.</summary>
internal static class RpcCodes
{
    public const int Parse = -32700;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParams = -32602;

    /// <summary>A server, or what is needed to ask it, is not there.</summary>
    public const int Unavailable = -32000;

    /// <summary>Too many calls.</summary>
    public const int RateLimited = -32005;

    /// <summary>Revisions with sessions: no resource at this URI.</summary>
    public const int ResourceNotFound = -32002;

    /// <summary>Header and body of a request differ (2026-07-28).</summary>
    public const int HeaderMismatch = -32020;

    /// <summary>The revision is none that is spoken here (2026-07-28).</summary>
    public const int UnsupportedVersion = -32022;

    /// <summary>The user has to visit a page first (2025-11-25).</summary>
    public const int UrlElicitationRequired = -32042;
}
