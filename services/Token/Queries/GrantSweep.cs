using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Revocation;
using Marten;

namespace ManagedOAuth.Token.Queries;

/// <summary>Ends the grants and sessions of a user, an application or a client on an administrator's word, or on the user's own, a batch at a time.</summary>
public sealed class GrantSweep(IDocumentStore store, GrantWriter grants, RevokedSubjects revoked, TimeProvider clock)
{
    private const int Batch = 100;

    /// <summary>Ends one batch.</summary>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: neither a user nor an application nor a client is named.</exception>
    public Task<EndAllReply> EndAsync(EndAllRequest request, CancellationToken cancellation) => EndAsync(request, null, cancellation);

    /// <summary>Ends one batch of what comes from logins up to a time.</summary>
    /// <param name="request">As above.</param>
    /// <param name="loginsUntil">When the revocation was; null = it is now, and everything ends.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<EndAllReply> EndAsync(EndAllRequest request, DateTimeOffset? loginsUntil, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var email = request.Email.Trim().ToLowerInvariant();
        var client = Identities.Text(request.ClientId, "client_id", 256, required: false);
        if (email.Length == 0 && request.ApplicationId.Length == 0 && client.Length == 0)
        {
            throw Identities.Invalid("email, application_id or client_id is needed");
        }

        var actor = Identities.Actor(request.Actor);
        var reason = Identities.Text(request.Reason, "reason", 1024, required: false);
        Guid? application = request.ApplicationId.Length == 0 ? null : Identities.Id(request.ApplicationId, "application_id");
        var now = clock.GetUtcNow();
        if (!request.GoesOn)
        {
            // First, so that a grant which is being opened at this moment sees it.
            await revoked.NoteAsync(email, application, client, loginsUntil ?? now, cancellation);
        }

        var filter = GrantFilter.Of(new ListGrantsRequest { ApplicationId = request.ApplicationId, Email = email, ClientId = client, Status = "active", Limit = Batch });
        await using var session = store.QuerySession();
        var live = await session.QueryAsync<Grant>(
            $"where {filter.Conditions} and ((data -> 'identity' ->> 'authenticatedAt')::timestamptz) <= ? limit ?", cancellation, [.. filter.Values, (loginsUntil ?? DateTimeOffset.MaxValue).UtcDateTime, Batch]);
        var why = request.ByUser ? RevocationReason.User : RevocationReason.Administrator;
        foreach (var grant in live)
        {
            await grants.ChangeAsync(
                grant.Id, new GrantCause(actor), current => GrantEnding.Revoke(current, why, now, reason), cancellation);
        }

        return new EndAllReply { Ended = live.Count, More = live.Count == Batch };
    }
}
