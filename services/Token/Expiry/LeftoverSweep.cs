using ManagedOAuth.ServiceDefaults.Store;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Revocation;
using Marten;

namespace ManagedOAuth.Token.Expiry;

/// <summary>Deletes records that nothing can need any more: whole revocations older than any login that could still open something, and when grants were used that ended long ago.</summary>
public sealed class LeftoverSweep(IDocumentStore store, TimeProvider clock, ILogger<LeftoverSweep> logger) : PeriodicSweep(Hourly, clock, logger)
{
    /// <summary>What a whole revocation is asked about comes from a login before it; a session of the team domain lasts 31 days at most, and a code a minute.</summary>
    public static readonly TimeSpan RevocationsKept = TimeSpan.FromDays(32);

    /// <summary>So long after its last use the list still tells when an ended grant was used.</summary>
    public static readonly TimeSpan UsesKept = TimeSpan.FromDays(30);

    public override async Task RunAsync(CancellationToken cancellation)
    {
        var now = Clock.GetUtcNow();
        await using var session = store.LightweightSession();
        session.DeleteWhere<RevokedSubject>("where (data ->> 'at')::timestamptz < ?", (now - RevocationsKept).UtcDateTime);
        session.DeleteWhere<GrantUse>(
            $"where (data ->> 'at')::timestamptz < ? and not exists (select from {store.Options.DatabaseSchemaName}.mt_doc_grant g where g.id = d.id and (g.data ->> 'isLive')::boolean)",
            (now - UsesKept).UtcDateTime);
        await session.SaveChangesAsync(cancellation);
    }
}
