using ManagedOAuth.Contracts.Token;
using Npgsql;

namespace ManagedOAuth.Token.Queries;

/// <summary>Counts all grants where they are: nothing is read but numbers.</summary>
public sealed class GrantSummaries(NpgsqlDataSource database, TimeProvider clock)
{
    private const int MostApplications = 20;
    private const int MostDays = 90;
    private const long MicrosecondsPerDay = 86_400_000_000;

    public async Task<GrantSummary> CountAsync(GrantSummaryRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var today = (long)(clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalDays;
        var first = today - Math.Clamp(request.Days, 1, MostDays) + 1;
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select count(*), count(distinct (data -> 'subject' ->> 'email')) from token.mt_doc_grant where ((data ->> 'isLive')::boolean)"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "select (data -> 'subject' ->> 'applicationId'), count(*) from token.mt_doc_grant where ((data ->> 'isLive')::boolean) group by 1 order by 2 desc, 1 limit $1") { Parameters = { new() { Value = MostApplications } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "select ((data ->> 'issuedOrder')::bigint) / $1, count(*) from token.mt_doc_grant where ((data ->> 'issuedOrder')::bigint) >= $2 group by 1 order by 1") { Parameters = { new() { Value = MicrosecondsPerDay }, new() { Value = first * MicrosecondsPerDay } } });
        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        var summary = new GrantSummary();
        while (await rows.ReadAsync(cancellation))
        {
            (summary.ActiveGrants, summary.ActiveUsers) = (rows.GetInt64(0), rows.GetInt64(1));
        }

        await rows.NextResultAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            summary.Applications.Add(new ApplicationGrants { ApplicationId = rows.GetString(0), ActiveGrants = rows.GetInt64(1) });
        }

        await rows.NextResultAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            summary.Days.Add(new DayGrants { Day = rows.GetInt64(0), Issued = rows.GetInt64(1) });
        }

        return summary;
    }
}
