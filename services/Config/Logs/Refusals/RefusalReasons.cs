namespace ManagedOAuth.Config.Logs.Refusals;

/// <summary>Why edges refuse requests, and what that means to whoever is asked about it.</summary>
public static class RefusalReasons
{
    /// <summary>By name, in the order in which they are offered.</summary>
    public static readonly IReadOnlyDictionary<string, string> All = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["denied"] = "It is known who asked, and the policies do not let this request in.",
        ["revoked"] = "The grant, the session or the service token has been ended.",
        ["expired"] = "The session or the token is over; a browser was sent to the login, a client told to refresh.",
        ["invalid"] = "What was shown is not one of ours, not for this application, or damaged; of a service token: the secret is wrong, or it is disabled or over.",
        ["malformed"] = "Two credentials at once, or one that cannot be read.",
        ["service_token_needed"] = "The application lets in service tokens only, and there was none.",
        ["not_a_browser_session"] = "The page is for people in a browser; a program asked for it.",
        ["cross_site"] = "A page of another site tried to open a WebSocket with somebody's session.",
        ["bad_request"] = "The request is not sound, or can be read in two ways; the rule names the check.",
        ["stale"] = "The edge had heard nothing new for too long to decide.",
        ["unavailable"] = "A service that has to be asked did not answer.",
    };
}
