namespace ManagedOAuth.Edge.Portals.Protocol;

/// <summary>What became of a request: a result or an error, and how the log calls it.</summary>
internal readonly record struct RpcAnswer
{
    private RpcAnswer(ReadOnlyMemory<byte> result, RpcError? error, ReadOnlyMemory<byte> relayedError, string outcome)
    {
        Result = result;
        Error = error;
        RelayedError = relayedError;
        Outcome = outcome;
    }

    /// <summary>A JSON value in UTF-8; empty when there is an error.</summary>
    public ReadOnlyMemory<byte> Result { get; }

    public RpcError? Error { get; }

    /// <summary>The <c>error</c> object of a server, as it came but for the flow id; empty when there is none.</summary>
    public ReadOnlyMemory<byte> RelayedError { get; }

    /// <summary>The code of that error; null when it has none.</summary>
    public int? RelayedCode { get; private init; }

    /// <summary>One of <see cref="PortalOutcomes"/>.</summary>
    public string Outcome { get; }

    public static RpcAnswer Ok(ReadOnlyMemory<byte> result, string outcome = PortalOutcomes.Ok) => new(result, null, default, outcome);

    public static RpcAnswer Failed(RpcError error, string outcome) => new(default, error, default, outcome);

    /// <summary>The answer to a request that its client no longer wants answered.</summary>
    public static RpcAnswer Cancelled { get; } = Failed(RpcError.Unavailable("The request was cancelled."), PortalOutcomes.Cancelled);

    public static RpcAnswer Relayed(ReadOnlyMemory<byte> error, string outcome, int? code) => new(default, null, error, outcome) { RelayedCode = code };
}

/// <summary>How a portal request ended, in the portal's log and metrics.</summary>
internal static class PortalOutcomes
{
    public const string Ok = "ok";
    public const string ToolError = "tool_error";
    public const string Denied = "denied";
    public const string NotFound = "not_found";
    public const string Quarantined = "quarantined";
    public const string RateLimited = "rate_limited";
    public const string Timeout = "timeout";
    public const string Unavailable = "unavailable";
    public const string UpstreamError = "upstream_error";
    public const string Cancelled = "cancelled";
    public const string InvalidRequest = "invalid_request";
}
