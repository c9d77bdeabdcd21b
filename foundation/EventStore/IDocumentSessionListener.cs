namespace Marten;

/// <summary>Called around a save.</summary>
public interface IDocumentSessionListener
{
    /// <summary>Before anything is sent; may queue more. An exception stops the save.</summary>
    Task BeforeSaveChangesAsync(IDocumentSession session, CancellationToken ct) => Task.CompletedTask;

    /// <summary>After the commit. An exception is logged and swallowed: a committed save must not look failed.</summary>
    Task AfterCommitAsync(IDocumentSession session, IChangeSet commit, CancellationToken ct) => Task.CompletedTask;
}
