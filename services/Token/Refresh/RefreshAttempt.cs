using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Token.Grants;

namespace ManagedOAuth.Token.Refresh;

/// <summary>Everything that decides about one refresh besides the grant itself.</summary>
public sealed record RefreshAttempt
{
    /// <summary>Hash of the token that the client presented.</summary>
    public required string PresentedHash { get; init; }

    /// <summary>Which earlier token of the grant that is, where the history had to be asked: 1 = the first; 0 = none of them.</summary>
    public int EarlierGeneration { get; init; }

    /// <summary>Hash of the token that would be the successor.</summary>
    public required string SuccessorHash { get; init; }

    /// <summary>Id of the access token that would be made.</summary>
    public required Guid AccessTokenId { get; init; }

    /// <summary>Scope asked for and found inside the grant's; the grant's own when none was asked for.</summary>
    public required string Scope { get; init; }

    /// <summary>Somebody besides the identity provider has a say about the user: a service of an external evaluation.</summary>
    public bool OthersHaveASay { get; init; }

    /// <summary>What others say about the user now; null where nobody was asked.</summary>
    public CurrentIdentity? Current { get; init; }

    /// <summary>The policies' answer on the configuration of now, and on <see cref="Current"/> where there is one.</summary>
    public required PolicyDecision Decision { get; init; }

    public required long ConfigurationPosition { get; init; }

    public required GrantTimes Times { get; init; }

    public required DateTimeOffset Now { get; init; }

    public string FlowId { get; init; } = "";

    public string ClientAddress { get; init; } = "";
}
