namespace ManagedOAuth.Edge.Credentials;

/// <summary>Why a request is not let in. Each has one answer: see <c>Challenges</c>.</summary>
internal enum CredentialProblem
{
    /// <summary>It is let in.</summary>
    None,

    /// <summary>Nothing was sent that we could look at.</summary>
    Missing,

    /// <summary>Two credentials at once, or one that cannot be read (RFC 6750 §3.1 invalid_request).</summary>
    Malformed,

    /// <summary>Not one of ours, not for this application, or damaged.</summary>
    Invalid,

    Expired,

    /// <summary>The grant, or this one token, has ended.</summary>
    Revoked,

    /// <summary>It is known who it is, and the policies say no to this request.</summary>
    Denied,

    /// <summary>What the edge knows is too old to decide.</summary>
    Stale,

    /// <summary>The service that must be asked does not answer.</summary>
    Unavailable,
}
