namespace ManagedOAuth.Config.Portals.Log;

/// <summary>A request went through a portal. What the client or the server said in it is not recorded.</summary>
public sealed record PortalRequestHandled
{
    /// <summary>The edge's id of it (uuid, version 7): a report that is repeated is recorded once.</summary>
    public required Guid Id { get; init; }

    /// <summary>When the request came: microseconds since 1970.</summary>
    public required long At { get; init; }

    /// <summary>The portal's <c>id</c>.</summary>
    public string PortalId { get; init; } = "";

    public string PortalAud { get; init; } = "";

    /// <summary>The server's <c>id</c>; empty = the portal itself answered.</summary>
    public string ServerId { get; init; } = "";

    public string ServerAud { get; init; } = "";

    /// <summary>Without query.</summary>
    public string ServerUrl { get; init; } = "";

    /// <summary>The protocol's name: <c>tools/call</c>, <c>prompts/get</c>, ...</summary>
    public string Method { get; init; } = "";

    /// <summary>The server's own name for the tool.</summary>
    public string Tool { get; init; } = "";

    public string Prompt { get; init; } = "";

    public string ResourceUri { get; init; } = "";

    /// <summary>A fingerprint of the session's id.</summary>
    public string SessionId { get; init; } = "";

    /// <summary>Empty for a service token.</summary>
    public string UserId { get; init; } = "";

    public string UserEmail { get; init; } = "";

    public string ServiceTokenId { get; init; } = "";

    public string GrantId { get; init; } = "";

    /// <summary>Trace id: the same in the error that the client saw.</summary>
    public string FlowId { get; init; } = "";

    public string ClientIp { get; init; } = "";

    /// <summary>The country of <see cref="ClientIp"/> when the line was written (ISO 3166-1); empty where it is not known.</summary>
    public string ClientCountry
    {
        // Null in what versions before kept: where a member is missing, the serializer sets null and not what stands here.
        get => field ?? "";
        init;
    }

    /// <summary>What the client calls itself.</summary>
    public string ClientName { get; init; } = "";

    public bool Success { get; init; }

    /// <summary>One of <see cref="PortalLogEntries.Outcomes"/>.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>A short text of ours.</summary>
    public string Error { get; init; } = "";

    /// <summary>Milliseconds; -1 = no server was asked.</summary>
    public long ServerDurationMs { get; init; } = -1;

    /// <summary>Milliseconds.</summary>
    public long DurationMs { get; init; }
}

/// <summary>A line of the log, for queries: what <see cref="PortalRequestHandled"/> says, as a document.</summary>
/// <param name="Id">The entry's id.</param>
/// <param name="At">When the request came: microseconds since 1970.</param>
/// <param name="UserEmail">Lower case.</param>
/// <param name="ServerId">The server's <c>id</c>.</param>
/// <param name="GrantId">The grant.</param>
/// <param name="FlowId">The trace id.</param>
/// <param name="Request">The event.</param>
public sealed record PortalLogLine(Guid Id, long At, string UserEmail, string ServerId, string GrantId, string FlowId, PortalRequestHandled Request)
{
    /// <summary>The line of an event.</summary>
    public static PortalLogLine Of(PortalRequestHandled request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new PortalLogLine(request.Id, request.At, request.UserEmail.ToLowerInvariant(), request.ServerId, request.GrantId, request.FlowId, request);
    }
}
