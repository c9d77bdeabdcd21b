using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Feed;

/// <summary><c>/access/changes/status</c>, and how the readers' positions are shown.</summary>
public static class FeedStatus
{
    private static readonly string s_readers = ListOf(Of(("service", Text), ("reader", Text), ("position", Integer), ("applied", Flag), ("reported_at", Time)));

    public static void MapFeedStatus(this RouteGroupBuilder access)
        => access.MapGet("/changes/status", async (ConfigurationLog log, FeedReaders readers, CancellationToken ct) =>
        {
            var snapshot = log.Current.Snapshot;
            var (living, silent) = await readers.LastHourAsync(ct);
            var shown = Show(snapshot.Epoch, snapshot.Position, living);
            shown["silent"] = Show(snapshot.Epoch, snapshot.Position, silent)["readers"]!.DeepClone();
            return ApiEnvelope.Ok(shown);
        }).RequirePermission(ApiPermission.AuditLogsRead).Answers(Of(("position", Integer), ("everywhere", Flag), ("readers", s_readers), ("silent", s_readers)));

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
