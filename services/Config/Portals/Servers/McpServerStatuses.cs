using System.Collections.Concurrent;
using Marten;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>What every replica knows of the readings, whichever of them read: all of it in memory, because it is shown in every list.</summary>
public sealed class McpServerStatuses
{
    private const int PageSize = 1000;

    private readonly ConcurrentDictionary<Guid, McpServerStatus> _known = new();

    /// <summary>The status; that of a server that nobody has read yet when nothing is known.</summary>
    public McpServerStatus Of(Guid server) => _known.GetValueOrDefault(server) ?? new McpServerStatus { Id = server };

    /// <summary>This is how a server stands, unless something newer is known.</summary>
    public void Note(McpServerStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        _known.AddOrUpdate(status.Id, status, (_, known) => status.WrittenAt == default || status.WrittenAt >= known.WrittenAt ? status : known);
    }

    /// <summary>The status as it is stored, until the session ends in nobody else's hands: whoever changes one does so after all others.</summary>
    public static async Task<McpServerStatus> LockAsync(IDocumentSession session, Guid server, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(session);
        await session.BeginTransactionAsync(ct);
        await session.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended(?, 0))", ct, $"mcp-sync:{server}");
        return await session.LoadAsync<McpServerStatus>(server, ct) ?? new McpServerStatus { Id = server };
    }

    /// <summary>Stores what became of a status that <see cref="LockAsync"/> gave, as the newest.</summary>
    /// <returns>What is stored.</returns>
    public static McpServerStatus Store(IDocumentSession session, McpServerStatus status, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(status);
        var next = status.WrittenAt.AddTicks(1);
        var written = status with { WrittenAt = now > next ? now : next };
        session.Store(written);
        return written;
    }

    /// <summary>Reads what other replicas wrote.</summary>
    public async Task ReadAsync(IQuerySession session, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(session);
        foreach (var status in await session.QueryAsync<McpServerStatus>("order by id limit ?", ct, PageSize))
        {
            // It may have been read before what this process has noted since.
            Note(status);
        }
    }
}
