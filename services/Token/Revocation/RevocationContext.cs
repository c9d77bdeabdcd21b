using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Keys;
using ManagedOAuth.Token.Secrets;
using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Revocation;

/// <summary>One revocation request (RFC 7009) on its way through the rules.</summary>
public sealed class RevocationContext : EndpointContext
{
    public required IGrants Grants { get; init; }

    public required AccessTokens Tokens { get; init; }

    /// <summary>The token, where it is a refresh token.</summary>
    public GrantSecret? RefreshSecret { get; set; }

    /// <summary>The token, where it is an access token of ours.</summary>
    public AccessTokenPayload? AccessToken { get; set; }

    /// <summary>The grant that the token belongs to; null when there is none.</summary>
    public Grant? Grant { get; set; }
}
