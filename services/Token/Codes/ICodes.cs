using ManagedOAuth.Token.Secrets;

namespace ManagedOAuth.Token.Codes;

/// <summary>Codes that wait to be redeemed. Every method throws when the store does not answer.</summary>
public interface ICodes
{
    /// <summary>What a code is bound to, if it waits and is not over. Does not consume it.</summary>
    Task<PendingCode?> FindAsync(GrantSecret code, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Forgets a code.</summary>
    Task ForgetAsync(Guid grantId, CancellationToken cancellation);

    /// <summary>Counts a wrong verifier; the last one that is tolerated makes the code useless.</summary>
    Task CountWrongVerifierAsync(Guid grantId, CancellationToken cancellation);
}
