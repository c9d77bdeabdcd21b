using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>What the status of a server's answer means.</summary>
internal static class UpstreamRefusal
{
    private const int MaximumScope = 1000;

    /// <summary>The failure. What the request named is what the server refused, whatever has become of the session since.</summary>
    /// <param name="response">An answer without success.</param>
    /// <param name="channel">The channel of the older transport that the request was sent by; null = none.</param>
    public static UpstreamException Of(HttpResponseMessage response, SseChannel? channel)
    {
        var status = (int)response.StatusCode;
        var lost = status != 404 ? null
            : channel ?? (object?)(response.RequestMessage?.Headers.TryGetValues(McpHeaders.SessionId, out var named) == true ? named.First() : null);
        var missing = status == 403 ? MissingScope(response) : null;
        var message = status switch
        {
            401 => "The server does not accept its credential.",
            403 => "The server refuses this account.",
            404 when lost is not null => "The server has ended the session.",
            429 => "The server has had too many requests.",
            >= 300 and < 400 => "The server leads elsewhere; redirects are not followed. Its address has to be corrected.",
            _ => $"The server answered with HTTP {status}.",
        };
        return new UpstreamException(status is 429 or >= 500 ? PortalOutcomes.Unavailable : PortalOutcomes.UpstreamError, message)
        {
            Status = status,
            IsUnprocessed = status is 401 || lost is not null || missing is not null,
            MissingScope = missing,
            LostSession = lost,
            IsServerFault = status is 502 or 503 or 504,
        };
    }

    private static string? MissingScope(HttpResponseMessage response)
        => response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var challenges)
            && UpstreamChallenge.Read(challenges) is { Error: UpstreamChallenge.InsufficientScope, Scope: { Length: > 0 and <= MaximumScope } scope } ? scope : null;
}
