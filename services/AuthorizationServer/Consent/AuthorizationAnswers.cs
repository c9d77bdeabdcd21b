using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Transactions;

namespace ManagedOAuth.AuthorizationServer.Consent;

/// <summary>Authorization responses (RFC 6749 §4.1.2): always with <c>iss</c> (RFC 9207) and the client's own <c>state</c>.</summary>
public static class AuthorizationAnswers
{
    /// <summary>The code.</summary>
    public static SeeOther Code(AuthorizationEnd request, string code)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new SeeOther(RedirectTarget.With(request.RedirectUri, ("code", code), ("state", request.State), ("iss", request.Issuer)));
    }

    /// <summary>An error.</summary>
    public static SeeOther Error(AuthorizationEnd request, string error, string description)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Error(request.RedirectUri, request.State, request.Issuer, error, description);
    }

    /// <summary>An error before there is a transaction.</summary>
    public static SeeOther Error(string redirectUri, string? state, string issuer, string error, string description)
        => new(RedirectTarget.With(redirectUri, ("error", error), ("error_description", description), ("state", state), ("iss", issuer)));
}
