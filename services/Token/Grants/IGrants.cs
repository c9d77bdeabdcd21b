namespace ManagedOAuth.Token.Grants;

/// <summary>Reads grants.</summary>
public interface IGrants
{
    /// <summary>The newest state of a grant; null when there is none. Throws when the database does not answer.</summary>
    Task<Grant?> FindAsync(Guid id, CancellationToken cancellation);
}
