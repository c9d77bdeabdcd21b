using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Token.Codes;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Secrets;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>One token request on its way through the rules.</summary>
public sealed class TokenContext : EndpointContext
{
    public const string AuthorizationCode = "authorization_code";
    public const string RefreshToken = "refresh_token";

    public required ICodes Codes { get; init; }

    public required IGrants Grants { get; init; }

    /// <summary>The code as it was presented, if it is one at all.</summary>
    public GrantSecret? Code { get; set; }

    /// <summary>What the code is bound to while it waits.</summary>
    public PendingCode? Pending { get; set; }

    /// <summary>The refresh token as it was presented, if it is one at all.</summary>
    public GrantSecret? RefreshSecret { get; set; }

    /// <summary>The grant of the refresh token, or the one that the code has become.</summary>
    public Grant? Grant { get; set; }

    /// <summary>Scope of the access token to be.</summary>
    public string Scope { get; set; } = "";

    /// <summary>The policies' answer at a code's redemption.</summary>
    public PolicyDecision? Decision { get; set; }

    /// <summary>What a refusal brings with it.</summary>
    public TokenConsequence Consequence { get; set; }
}

/// <summary>What a refused request brings with it besides the error.</summary>
public enum TokenConsequence
{
    None,

    /// <summary>A used code came again with everything right: its grant ends.</summary>
    CodeReplayed,

    /// <summary>One more wrong verifier for this code.</summary>
    WrongVerifier,

    /// <summary>The policies said no: worth a line in the log.</summary>
    Denied,
}
