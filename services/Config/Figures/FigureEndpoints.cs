using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using Marten;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Figures;

/// <summary>
/// <c>GET /access/figures</c>: requests of the last hour, minute by minute and by application, as the edges counted them; they tell every ten seconds.
/// </summary>
public static class FigureEndpoints
{
    private const int Minutes = 60;
    private const int MostApplications = 20;
    private const int MostRead = 5000;

    private static readonly string s_counts = Of(("allowed", Integer), ("challenged", Integer), ("refused", Integer));

    public static void MapFigures(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        access.MapGet("/figures", Read).RequirePermission(ApiPermission.AppsAndPoliciesRead).Answers(Of(
            ("minutes", ListOf(With(s_counts, ("at", Time)))),
            ("applications", ListOf(With(s_counts, ("id", OrNull(Uuid)), ("name", OrNull(Text)))))));
    }

    private static async Task<IResult> Read(IDocumentStore store, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        await using var session = store.QuerySession();
        var read = await session.QueryAsync<EdgeMinute>("where (data ->> 'minute')::bigint > ? order by (data ->> 'minute')::bigint desc limit ?", ct, now - Minutes, MostRead);
        var snapshot = log.Current.Snapshot;
        var byMinute = read.ToLookup(minute => minute.Minute, minute => minute.Applications);
        var byApplication = read.SelectMany(minute => minute.Applications).GroupBy(counts => counts.ApplicationId).Select(group => (Id: group.Key, Sum: Sum(group)))
            .OrderByDescending(entry => entry.Sum.Allowed + entry.Sum.Refused + entry.Sum.Challenged);
        return ApiEnvelope.Ok(new JsonObject
        {
            ["minutes"] = new JsonArray([.. Enumerable.Range(0, Minutes).Select(back => now - Minutes + 1 + back).Select(minute => Show(
                new JsonObject { ["at"] = DateTimeOffset.FromUnixTimeSeconds(minute * 60) }, Sum(byMinute[minute].SelectMany(counts => counts))))]),
            ["applications"] = new JsonArray([.. byApplication.Take(MostApplications).Select(entry => Show(
                new JsonObject { ["id"] = entry.Id, ["name"] = entry.Id is { } id ? snapshot.Applications.GetValueOrDefault(id)?.Name : null }, entry.Sum))]),
        });
    }

    private static ApplicationCounts Sum(IEnumerable<ApplicationCounts> counts)
        => counts.Aggregate(new ApplicationCounts(null, 0, 0, 0), (sum, count) => new ApplicationCounts(null, sum.Allowed + count.Allowed, sum.Challenged + count.Challenged, sum.Refused + count.Refused));

    private static JsonObject Show(JsonObject node, ApplicationCounts counts)
    {
        node["allowed"] = counts.Allowed;
        node["challenged"] = counts.Challenged;
        node["refused"] = counts.Refused;
        return node;
    }
}
