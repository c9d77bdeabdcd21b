using ManagedOAuth.Contracts.AuthorizationServer;
using Marten;

namespace ManagedOAuth.AuthorizationServer.Scim.Store;

/// <summary>The log of what identity providers changed, and tried to change. Lines stay for 30 days.</summary>
public sealed class ScimLog(IDocumentStore store, TimeProvider clock)
{
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(30);

    /// <summary>The lines that a request asks for.</summary>
    public async Task<IReadOnlyList<ScimUpdate>> FindAsync(ScimUpdatesRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var conditions = new List<string> { "true" };
        var values = new List<object>();
        Add("(data ->> 'providerId') = any(?)", request.ProviderIds.Count == 0 ? null : request.ProviderIds.ToArray());
        Add("(data ->> 'resourceId') = ?", Text(request.ResourceId));
        Add("(data ->> 'externalId') = ?", Text(request.ExternalId));
        Add("(data ->> 'resourceType') = ?", Text(request.ResourceType));
        Add("(data ->> 'email') = ?", Text(request.Email));
        Add("(data ->> 'groupName') = ?", Text(request.GroupName));
        Add("(data ->> 'method') = any(?)", request.Methods.Count == 0 ? null : request.Methods.ToArray());
        Add("(data ->> 'success') = ?", Text(request.Success));
        Add("((data ->> 'at')::bigint) >= ?", request.Since is null ? null : Micros(request.Since.ToDateTimeOffset()));
        Add("((data ->> 'at')::bigint) <= ?", request.Until is null ? null : Micros(request.Until.ToDateTimeOffset()));
        var limit = request.Limit == 0 ? 100 : Math.Clamp(request.Limit, 1, 1000);
        await using var session = store.QuerySession();
        return await session.QueryAsync<ScimUpdate>(
            $"where {string.Join(" and ", conditions)} order by ((data ->> 'at')::bigint) {(request.OldestFirst ? "asc" : "desc")}, d.id limit ? offset ?",
            cancellation,
            [.. values, limit, (Math.Clamp(request.Page, 1, 1_000_000) - 1L) * limit]);

        void Add(string condition, object? value)
        {
            if (value is not null)
            {
                conditions.Add(condition);
                values.Add(value);
            }
        }
    }

    /// <summary>Removes lines whose time is over; returns how many.</summary>
    public async Task<int> RemoveExpiredAsync(int limit, CancellationToken cancellation)
    {
        await using var unit = store.LightweightSession();
        var over = await unit.QueryAsync<ScimUpdate>("where ((data ->> 'at')::bigint) < ? limit ?", cancellation, Micros(clock.GetUtcNow() - s_kept), limit);
        foreach (var line in over)
        {
            unit.Delete<ScimUpdate>(line.Id);
        }

        await unit.SaveChangesAsync(cancellation);
        return over.Count;
    }

    private static string? Text(string value) => value.Length == 0 ? null : value;

    private static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
