namespace ManagedOAuth.AuthorizationServer.Rules;

/// <summary>The error codes that this service answers with.</summary>
public static class Errors
{
    /// <summary>RFC 6749 §4.1.2.1.</summary>
    public const string InvalidRequest = "invalid_request";

    /// <summary>RFC 6749 §4.1.2.1: the user or a policy said no.</summary>
    public const string AccessDenied = "access_denied";

    /// <summary>RFC 6749 §4.1.2.1.</summary>
    public const string UnsupportedResponseType = "unsupported_response_type";

    /// <summary>RFC 6749 §4.1.2.1.</summary>
    public const string InvalidScope = "invalid_scope";

    /// <summary>RFC 6749 §4.1.2.1.</summary>
    public const string ServerError = "server_error";

    /// <summary>RFC 6749 §4.1.2.1: an outage; the client may come again.</summary>
    public const string TemporarilyUnavailable = "temporarily_unavailable";

    /// <summary>RFC 6749 §5.2.</summary>
    public const string InvalidClient = "invalid_client";

    /// <summary>RFC 8707 §2.</summary>
    public const string InvalidTarget = "invalid_target";

    /// <summary>RFC 9101 §6.2.</summary>
    public const string RequestNotSupported = "request_not_supported";

    /// <summary>RFC 9101 §6.2.</summary>
    public const string RequestUriNotSupported = "request_uri_not_supported";

    /// <summary>OpenID Connect Core §3.1.2.6: the answer to <c>prompt=none</c>, because consent is always asked.</summary>
    public const string InteractionRequired = "interaction_required";

    /// <summary>RFC 7591 §3.2.2.</summary>
    public const string InvalidRedirectUri = "invalid_redirect_uri";

    /// <summary>RFC 7591 §3.2.2.</summary>
    public const string InvalidClientMetadata = "invalid_client_metadata";
}
