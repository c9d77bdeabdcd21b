namespace ManagedOAuth.Edge.Answers;

/// <summary>The answers that need nothing but themselves.</summary>
internal static class KnownAnswers
{
    public static readonly Answer NotReady = new(
        StatusCodes.Status503ServiceUnavailable, "temporarily_unavailable", "Not ready yet", "The configuration has not arrived here yet. Try again in a moment.") { RetryAfter = 2 };

    public static readonly Answer UnknownHost = new(
        StatusCodes.Status421MisdirectedRequest, "unknown_host", "Nothing here", "No application is served at this address.");

    public static readonly Answer NotFound = new(
        StatusCodes.Status404NotFound, "not_found", "Not found", "There is nothing at this path.");

    public static readonly Answer AmbiguousPath = new(
        StatusCodes.Status400BadRequest, "ambiguous_path", "Bad request", "The path can be read as two different ones.");

    public static readonly Answer Denied = new(
        StatusCodes.Status403Forbidden, "access_denied", "No access", "You are signed in, but the rules of this application do not let this request in.");

    public static readonly Answer CrossSite = new(
        StatusCodes.Status403Forbidden, "cross_site", "No access", "A page of another site may not do this with your session.");

    public static readonly Answer ServiceTokensOnly = new(
        StatusCodes.Status403Forbidden, "access_denied", "No access", "This application lets in service tokens only.");

    public static readonly Answer BadServiceToken = new(
        StatusCodes.Status401Unauthorized, "invalid_service_token", "No access", "The service token of this request is unknown, incomplete, disabled or over.");

    public static readonly Answer Stale = new(
        StatusCodes.Status503ServiceUnavailable, "temporarily_unavailable", "Cannot decide", "Whether this access is still good cannot be checked right now. Try again in a moment.") { RetryAfter = 5 };

    public static readonly Answer ServiceAway = new(
        StatusCodes.Status503ServiceUnavailable, "temporarily_unavailable", "Not available", "A part of the sign-on system does not answer. Try again in a moment.") { RetryAfter = 5 };

    public static readonly Answer NoOrigin = new(
        StatusCodes.Status503ServiceUnavailable, "no_origin", "Not available", "This application has no origin yet.") { RetryAfter = 60 };

    public static readonly Answer BadGateway = new(
        StatusCodes.Status502BadGateway, "bad_gateway", "The application does not answer", "The application behind this address cannot be reached or answered badly.");

    public static readonly Answer GatewayTimeout = new(
        StatusCodes.Status504GatewayTimeout, "gateway_timeout", "The application does not answer", "The application behind this address took too long.");

    public static readonly Answer AccessEnded = new(
        StatusCodes.Status401Unauthorized, "access_ended", "Access ended", "The access that this request began with has ended.");
}
