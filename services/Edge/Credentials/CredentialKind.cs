namespace ManagedOAuth.Edge.Credentials;

/// <summary>What a request proved itself with.</summary>
internal enum CredentialKind
{
    None,

    /// <summary>A sealed access token of an OAuth grant, in <c>Authorization: Bearer</c>.</summary>
    AccessToken,

    /// <summary>The session cookie of a browser.</summary>
    BrowserSession,

    /// <summary>The same assertion in <c>Cf-Access-Token</c>.</summary>
    AssertionHeader,

    /// <summary>A service token's id and secret.</summary>
    ServiceToken,

    /// <summary>The assertion of another application, in <c>Cf-Access-Token</c>, where a policy links the two.</summary>
    LinkedToken,
}
