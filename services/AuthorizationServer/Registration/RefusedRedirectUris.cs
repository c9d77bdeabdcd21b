using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.ServiceDefaults.RateLimits;
using Marten;

namespace ManagedOAuth.AuthorizationServer.Registration;

/// <summary>
/// Remembers redirect URIs that were refused. Anybody can make an attempt, so little is kept: URIs that are an entry of <c>allowed_uris</c> as they
/// stand, a few of each attempt, so many a minute, and of each application the newest.
/// </summary>
public sealed partial class RefusedRedirectUris(IDocumentStore store, RateLimiter limiter, TimeProvider clock, ILogger<RefusedRedirectUris> logger)
{
    /// <summary>What is kept, and shown, of one application.</summary>
    public const int Most = 100;

    /// <summary>What is kept of one URI, in characters.</summary>
    public const int Longest = 200;

    private const int MostOfOneAttempt = 5;
    private const int LongestName = 100;
    private static readonly RateLimit s_perApplication = RateLimit.PerMinute("refused-redirect-uris", 30);
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(30);

    /// <summary>Notes what a registration was refused; never the reason why one fails.</summary>
    public async Task NoteAsync(Application application, IReadOnlyList<string> refused, string? clientName, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(refused);
        var uris = refused.Where(CanBeAllowed).Distinct(StringComparer.Ordinal).Take(MostOfOneAttempt).ToList();
        try
        {
            if (uris.Count > 0 && (await limiter.AcquireAsync(s_perApplication, application.Id.ToString(), cancellation)).IsAllowed)
            {
                await StoreAsync(application.Id, uris, clientName, cancellation);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && !cancellation.IsCancellationRequested)
        {
            // Protects the registration: its answer does not depend on what administrators are shown.
            Log.NotNoted(logger, exception.GetType().Name);
        }
    }

    /// <summary>The newest of one application.</summary>
    public async Task<IReadOnlyList<RefusedRedirectUri>> ListAsync(Guid applicationId, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.QueryAsync<RefusedRedirectUri>(
            "where (data ->> 'applicationId') = ? order by (data ->> 'lastAt')::timestamptz desc limit ?", cancellation, applicationId.ToString(), Most);
    }

    /// <summary>Forgets what is old, and what is too much of one application. Returns how many.</summary>
    public async Task<int> RemoveExpiredAsync(int limit, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        var table = $"{store.Options.DatabaseSchemaName}.mt_doc_refusedredirecturi";
        var expired = await session.QueryAsync<RefusedRedirectUri>(
            $"""
            where (d.data ->> 'lastAt')::timestamptz < ?
              or d.id in (select id from (select id, row_number() over (partition by data ->> 'applicationId' order by (data ->> 'lastAt')::timestamptz desc) as place from {table}) ranked where place > ?)
            limit ?
            """,
            cancellation,
            (clock.GetUtcNow() - s_kept).UtcDateTime,
            Most,
            limit);
        foreach (var uri in expired)
        {
            session.Delete<RefusedRedirectUri>(uri.Id);
        }

        await session.SaveChangesAsync(cancellation);
        return expired.Count;
    }

    // An administrator allows the very bytes that are shown: nothing that was cut or cleaned, and nothing that an entry reads as more than this one URI.
    private static bool CanBeAllowed(string uri)
        => DisplayText.Clean(uri, Longest) == uri && !uri.EndsWith("/*", StringComparison.Ordinal) && AllowedUri.TryParse(uri, out var entry, out _) && entry.Matches(uri);

    private async Task StoreAsync(Guid applicationId, IReadOnlyList<string> uris, string? clientName, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var session = store.LightweightSession();
        foreach (var uri in uris)
        {
            var id = RefusedRedirectUri.IdOf(applicationId, uri);
            var before = await session.LoadAsync<RefusedRedirectUri>(id, cancellation);
            session.Store(new RefusedRedirectUri
            {
                Id = id,
                ApplicationId = applicationId,
                Uri = uri,
                ClientName = string.IsNullOrWhiteSpace(clientName) ? null : DisplayText.Clean(clientName, LongestName),
                FirstAt = before?.FirstAt ?? now,
                LastAt = now,
                Attempts = (before?.Attempts ?? 0) + 1,
            });
        }

        await session.SaveChangesAsync(cancellation);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A refused redirect URI could not be noted for administrators: {Error}", EventName = "RefusedRedirectUriNotNoted")]
        public static partial void NotNoted(ILogger logger, string error);
    }
}
