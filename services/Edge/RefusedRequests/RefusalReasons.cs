using ManagedOAuth.Edge.Credentials;

namespace ManagedOAuth.Edge.RefusedRequests;

/// <summary>Why a request was refused, as <c>refusal_log.proto</c> names it.</summary>
internal static class RefusalReasons
{
    /// <summary>Without a credential, where only service tokens are let in.</summary>
    public const string ServiceTokenNeeded = "service_token_needed";

    /// <summary>A WebSocket that a page of another site opened with somebody's session.</summary>
    public const string CrossSite = "cross_site";

    /// <summary>A page for people, asked for with something else than a browser's session.</summary>
    public const string NotABrowserSession = "not_a_browser_session";

    /// <summary>The request itself is not sound, or can be read in two ways.</summary>
    public const string BadRequest = "bad_request";

    /// <summary>Null where nothing is refused yet: nobody has shown anything.</summary>
    public static string? Of(CredentialProblem problem) => problem switch
    {
        CredentialProblem.Malformed => "malformed",
        CredentialProblem.Invalid => "invalid",
        CredentialProblem.Expired => "expired",
        CredentialProblem.Revoked => "revoked",
        CredentialProblem.Denied => "denied",
        CredentialProblem.Stale => "stale",
        CredentialProblem.Unavailable => "unavailable",
        _ => null,
    };

    public static string Of(CredentialKind kind) => kind switch
    {
        CredentialKind.AccessToken => "access_token",
        CredentialKind.BrowserSession => "browser_session",
        CredentialKind.AssertionHeader => "assertion_header",
        CredentialKind.ServiceToken => "service_token",
        CredentialKind.LinkedToken => "linked_token",
        _ => "none",
    };
}
