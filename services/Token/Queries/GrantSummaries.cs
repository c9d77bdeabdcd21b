using ManagedOAuth.Contracts.Token;
using Marten;

namespace ManagedOAuth.Token.Queries;

/// <summary>Counts all grants where they are: nothing is read but numbers.</summary>
public sealed class GrantSummaries(IDocumentStore store, TimeProvider clock)
{
    private const int MostApplications = 20;
    private const int MostDays = 90;
    private const long MicrosecondsPerDay = 86_400_000_000;
    private const string Live = "token.mt_doc_grant where ((data ->> 'isLive')::boolean)";

    public async Task<GrantSummary> CountAsync(GrantSummaryRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var today = (long)(clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalDays;
        var first = today - Math.Clamp(request.Days, 1, MostDays) + 1;
        await using var session = store.QuerySession();
        var summary = (await session.SelectAsync(
            $"select count(*), count(distinct (data -> 'subject' ->> 'email')) from {Live}",
            row => new GrantSummary { ActiveGrants = row.GetInt64(0), ActiveUsers = row.GetInt64(1) },
            cancellation))[0];
        summary.Applications.AddRange(await session.SelectAsync(
            $"select (data -> 'subject' ->> 'applicationId'), count(*) from {Live} group by 1 order by 2 desc, 1 limit ?",
            row => new ApplicationGrants { ApplicationId = row.GetString(0), ActiveGrants = row.GetInt64(1) },
            cancellation,
            MostApplications));
        summary.Days.AddRange(await session.SelectAsync(
            "select ((data ->> 'issuedOrder')::bigint) / ?, count(*) from token.mt_doc_grant where ((data ->> 'issuedOrder')::bigint) >= ? group by 1 order by 1",
            row => new DayGrants { Day = row.GetInt64(0), Issued = row.GetInt64(1) },
            cancellation,
            MicrosecondsPerDay,
            first * MicrosecondsPerDay));
        return summary;
    }
}
