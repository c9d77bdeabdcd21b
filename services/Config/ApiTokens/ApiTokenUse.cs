namespace ManagedOAuth.Config.ApiTokens;

/// <summary>When an API token was last used, to the minute.</summary>
/// <param name="Id">The token.</param>
public sealed record ApiTokenUse(Guid Id, DateTimeOffset At);
