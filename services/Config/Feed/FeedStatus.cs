using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Feed;

/// <summary><c>/access/changes/status</c>, and how the readers' positions are shown.</summary>
public static class FeedStatus
{
    public static void MapFeedStatus(this RouteGroupBuilder access)
        => access.MapGet("/changes/status", async (ConfigurationLog log, FeedReaders readers, CancellationToken ct) =>
        {
            var snapshot = log.Current.Snapshot;
            return ApiEnvelope.Ok(Show(snapshot.Epoch, snapshot.Position, await readers.AllAsync(ct)));
        }).RequirePermission(ApiPermission.AuditLogsRead);

    internal static JsonObject Show(string epoch, long position, IReadOnlyList<FeedReader> readers) => new()
    {
        ["position"] = position,
        ["everywhere"] = readers.All(reader => IsAt(reader, epoch, position)),
        ["readers"] = new JsonArray([.. readers.Select(reader => new JsonObject
        {
            ["service"] = reader.Service,
            ["reader"] = reader.Reader,
            ["position"] = reader.Position,
            ["applied"] = IsAt(reader, epoch, position),
            ["reported_at"] = reader.At,
        })]),
    };

    private static bool IsAt(FeedReader reader, string epoch, long position) => reader.Epoch == epoch && reader.Position >= position;
}
