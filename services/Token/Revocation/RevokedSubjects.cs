using ManagedOAuth.Contracts.Grants;
using Marten;

namespace ManagedOAuth.Token.Revocation;

/// <summary>A user or an application whose access was revoked as a whole, or a client that is gone: what was begun before opens nothing afterwards.</summary>
/// <param name="Id"><c>user:{email}</c>, <c>application:{id}</c>, or both joined by a space; <c>client:{client_id}</c>.</param>
/// <param name="At">Logins finished up to here count for nothing.</param>
public sealed record RevokedSubject(string Id, DateTimeOffset At);

/// <summary>Remembers whole revocations for the codes that were still waiting when they came.</summary>
public sealed class RevokedSubjects(IDocumentStore store)
{
    /// <summary>Notes a revocation. A client, or else at least one of the two others, is given.</summary>
    public async Task NoteAsync(string email, Guid? applicationId, string clientId, DateTimeOffset at, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        var id = clientId.Length > 0 ? IdOf(clientId) : IdOf(email, applicationId);
        if (await session.LoadAsync<RevokedSubject>(id, cancellation) is { } known && known.At >= at)
        {
            // A message about an earlier revocation came late.
            return;
        }

        session.Store(new RevokedSubject(id, at));
        await session.SaveChangesAsync(cancellation);
    }

    /// <summary>Whether a grant comes from a login before such a revocation.</summary>
    public async Task<bool> CoversAsync(GrantIssued issued, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(issued);
        var (email, application) = (issued.Subject.Email, issued.Subject.ApplicationId);
        await using var session = store.QuerySession();
        var found = await session.QueryAsync<RevokedSubject>(
            "where id in (?, ?, ?, ?)", cancellation, IdOf(email, null), IdOf("", application), IdOf(email, application), IdOf(issued.Subject.ClientId));

        // A client does not come back. A revoked user has to log in again, so what counts is when that was. Of an application only what had begun before ends: whoever is
        // signed on may come again at once.
        return found.Any(subject => subject.Id == IdOf(issued.Subject.ClientId) || subject.At >= (subject.Id == IdOf(email, null) ? issued.Identity.AuthenticatedAt : issued.LoginAt));
    }

    private static string IdOf(string clientId) => $"client:{clientId}";

    private static string IdOf(string email, Guid? applicationId)
        => $"{(email.Length > 0 ? $"user:{email}" : "")} {(applicationId is { } id ? $"application:{id}" : "")}".Trim();
}
