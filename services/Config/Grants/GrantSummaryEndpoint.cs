using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Token;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Grants;

/// <summary><c>GET /access/grants/summary?days=</c>: how many grants and users there are, by application and by day of issue; counted over all of them.</summary>
public static class GrantSummaryEndpoint
{
    private const int DefaultDays = 14;
    private const int MostDays = 90;

    /// <summary>Maps it into the group of the grants.</summary>
    public static void MapSummary(this RouteGroupBuilder grants)
    {
        ArgumentNullException.ThrowIfNull(grants);
        grants.MapGet("/summary", async (HttpRequest request, GrantQueries.GrantQueriesClient token, ConfigurationLog log, TimeProvider clock, CancellationToken ct) =>
        {
            var text = request.Query["days"].ToString();
            var days = DefaultDays;
            if (text.Length > 0 && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out days) || days is < 1 or > MostDays))
            {
                return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest($"days is from 1 to {MostDays}"));
            }

            return await Peers.AskAsync("grant", Peers.Token, async ()
                => ApiEnvelope.Ok(Show(await token.SummaryAsync(new GrantSummaryRequest { Days = days }, cancellationToken: ct), log, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), days)));
        }).Describe("days", "integer", "How many days, today among them: 1 to 90, 14 when it is left out.").Answers(Of(
            ("active_grants", Integer), ("active_users", Integer), ("applications", ListOf(Of(("id", Uuid), ("name", OrNull(Text)), ("active_grants", Integer)))),
            ("days", ListOf(Of(("date", Text), ("issued", Integer))))));
    }

    private static JsonObject Show(GrantSummary summary, ConfigurationLog log, DateOnly today, int days)
    {
        var names = log.Current.Snapshot.Applications;
        var issued = summary.Days.ToDictionary(day => new DateOnly(1970, 1, 1).AddDays((int)day.Day), day => day.Issued);
        return new JsonObject
        {
            ["active_grants"] = summary.ActiveGrants,
            ["active_users"] = summary.ActiveUsers,
            ["applications"] = new JsonArray([.. summary.Applications.Select(entry => new JsonObject
            {
                ["id"] = entry.ApplicationId,
                ["name"] = names.GetValueOrDefault(Guid.Parse(entry.ApplicationId))?.Name,
                ["active_grants"] = entry.ActiveGrants,
            })]),
            ["days"] = new JsonArray([.. Enumerable.Range(0, days).Select(back => today.AddDays(back - days + 1)).Select(day => new JsonObject
            {
                ["date"] = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                ["issued"] = issued.GetValueOrDefault(day),
            })]),
        };
    }
}
