namespace ManagedOAuth.Contracts.Tokens;

/// <summary>Fixed prefixes of every secret that leaves us, so that secret scanners and log redaction find them.</summary>
public static class SecretPrefixes
{
    /// <summary>Access token: <c>mo_at_</c> and base64url of a key id and a sealed payload.</summary>
    public const string AccessToken = "mo_at_";

    /// <summary>Refresh token: <c>mo_rt_</c>, grant id and 256 random bits.</summary>
    public const string RefreshToken = "mo_rt_";

    /// <summary>Authorization code: <c>mo_ac_</c>, the id of the grant to be and a secret.</summary>
    public const string AuthorizationCode = "mo_ac_";

    /// <summary>One-time code of a browser login.</summary>
    public const string SessionCode = "mo_sc_";

    /// <summary>Secret of a service token.</summary>
    public const string ServiceTokenSecret = "mo_st_";

    /// <summary>Token of the admin API.</summary>
    public const string ApiToken = "mo_api_";

    /// <summary>Cookie of a session at the team domain.</summary>
    public const string TeamSession = "mo_ts_";

    /// <summary>Secret of an identity provider that provisions users (SCIM).</summary>
    public const string ScimSecret = "mo_scim_";

    public static readonly IReadOnlyList<string> All = [AccessToken, RefreshToken, AuthorizationCode, SessionCode, ServiceTokenSecret, ApiToken, TeamSession, ScimSecret];
}
