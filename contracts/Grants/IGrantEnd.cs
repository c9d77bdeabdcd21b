using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Grants;

/// <summary>What every event that ends a grant tells.</summary>
public interface IGrantEnd
{
    GrantSubject Subject { get; }

    /// <summary>What ended the admission, or what had admitted the user last.</summary>
    PolicyDecision Decision { get; }

    DateTimeOffset EndedAt { get; }

    /// <summary>When the longest access token or session of the grant would have been over by itself.</summary>
    DateTimeOffset AccessEndsAt { get; }
}
