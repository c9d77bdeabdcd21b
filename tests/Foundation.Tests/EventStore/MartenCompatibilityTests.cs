using System.Text.Json;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

/// <summary>
/// The rules for rows that Marten reads, and the statements that Marten sends when it reads (AutoCreate.None), run against our database.
/// Marten itself is not run here: it cannot be restored from the registry that this project builds with.
/// </summary>
public class MartenCompatibilityTests
{
    private static async Task<(TestStore Test, Guid Id)> WithGrantAsync()
    {
        var test = await CreateAsync();
        var id = Guid.NewGuid();
        await using var session = test.Store.LightweightSession();
        session.CorrelationId = "trace-1";
        session.LastModifiedBy = "alice@example.com";
        session.Events.StartStream<Grant>(id, Issued(), new GrantRefreshed(1), new GrantRevoked("end"));
        await session.SaveChangesAsync();
        await test.AppendAsync(Guid.NewGuid(), new GrantNoted("plain append"));
        return (test, id);
    }

    [Fact]
    public async Task Rows_FollowMartensRules()
    {
        var (test, id) = await WithGrantAsync();
        await using var _ = test;

        var events = await test.SqlAsync(
            "select seq_id, version, type, mt_dotnet_type, tenant_id, is_archived, bdata, correlation_id, causation_id, headers::text, "
            + "abs(extract(epoch from timestamp - now())) < 60, timestamp between (select timestamp from grants.mt_streams s where s.id = stream_id) and now() "
            + "from grants.mt_events where stream_id = $1 order by seq_id",
            id);
        Assert.Equal([1L, 2L, 3L], events.Select(e => e[1]));
        Assert.Equal(["grant_issued", "grant_refreshed", "grant_revoked"], events.Select(e => e[2]));
        Assert.Equal("ManagedOAuth.Foundation.Tests.EventStore.GrantIssued, ManagedOAuth.Foundation.Tests", events[0][3]);
        Assert.All(events, e =>
        {
            Assert.Equal("*DEFAULT*", e[4]);
            Assert.Equal(false, e[5]);
            Assert.Null(e[6]);
            Assert.Equal("trace-1", e[7]);
            Assert.Null(e[8]);
            Assert.Equal("""{"actor": "alice@example.com"}""", e[9]);
            Assert.Equal(true, e[10]);
            // The stream has the time at which the transaction began, an event that of its own insert: both the server's.
            Assert.Equal(true, e[11]);
        });
        var streams = await test.SqlAsync("select type, version, tenant_id, is_archived from grants.mt_streams order by version desc");
        Assert.Equal([["grant", 3L, "*DEFAULT*", false], [null, 1L, "*DEFAULT*", false]], streams);
        var noHeaders = await test.SqlAsync("select headers is null from grants.mt_events where type = 'grant_noted'");
        Assert.Equal([[true]], noHeaders);
        var snapshot = Assert.Single(await test.SqlAsync("select id, mt_version, mt_dotnet_type, data ->> 'version', data ->> 'id' from grants.mt_doc_grant"));
        Assert.Equal([id, 3L, "ManagedOAuth.Foundation.Tests.EventStore.Grant", "3", id.ToString()], snapshot);
        Assert.Empty(await test.SqlAsync("select 1 from grants.mt_events where is_archived is null union all select 1 from grants.mt_streams where is_archived is null"));
    }

    [Fact]
    public async Task FetchStreamStatement_ReadsAndFoldsWithCamelCaseAndStringEnums()
    {
        var (test, id) = await WithGrantAsync();
        await using var _ = test;

        // FetchStream, AggregateStream, QueryAllRawEvents: every column by name, ordered by seq_id.
        var rows = await test.SqlAsync(
            "select d.data::text, d.type, d.mt_dotnet_type, d.bdata, d.seq_id, d.id, d.stream_id, d.version, d.timestamp, d.tenant_id, d.correlation_id, "
            + "d.causation_id, d.headers, d.is_archived from grants.mt_events as d where (d.stream_id = $1 and d.is_archived = FALSE) order by d.seq_id",
            id);

        // What a reader that knows only the conventions makes of it: name to type, JSON to object.
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };
        Grant? grant = null;
        foreach (var row in rows)
        {
            var type = Type.GetType((string)row[2]!, throwOnError: true)!;
            var data = JsonSerializer.Deserialize((string)row[0]!, type, options)!;
            grant = data is GrantIssued issued ? Grant.Create(issued) : grant;
            if (data is GrantRefreshed refreshed)
            {
                grant!.Apply(refreshed);
            }
            else if (data is GrantRevoked revoked)
            {
                grant!.Apply(revoked);
            }
        }

        Assert.Equal(("alice", GrantKind.Browser, 1, "end"), (grant!.Subject, grant.Kind, grant.Refreshes, grant.RevokedBecause));
        Assert.IsType<DateTime>(rows[0][8]);
    }

    [Theory]
    [InlineData("select d.data, d.type, d.is_archived from grants.mt_events as d where d.is_archived = FALSE and d.type = 'grant_issued' order by d.seq_id", 1)]
    [InlineData("select id, version, type, timestamp, created as timestamp, is_archived from grants.mt_streams where id = $1", 1)]
    [InlineData("select d.id, d.data from grants.mt_doc_grant as d where d.id = $1", 1)]
    [InlineData("select d.id, d.data, d.mt_version from grants.mt_doc_grant as d where d.id = $1", 1)]
    [InlineData("select name, last_seq_id from grants.mt_event_progression", 0)]
    [InlineData("select count(*) from grants.mt_events union all select count(*) from grants.mt_streams union all select last_value from grants.mt_events_sequence", 3)]
    [InlineData("select d.seq_id, d.data, s.type from grants.mt_events as d inner join grants.mt_streams as s on d.stream_id = s.id where d.type = any(array['grant_issued','grant_noted']) and d.is_archived = FALSE and d.seq_id > 0 and d.seq_id <= 100 order by d.seq_id limit 500", 2)]
    public async Task ReadStatements_Work(string sql, int rows)
    {
        var (test, id) = await WithGrantAsync();
        await using var _ = test;
        Assert.Equal(rows, (await test.SqlAsync(sql.Replace("$1", $"'{id}'", StringComparison.Ordinal))).Count);
    }

    [Fact]
    public async Task ForeignAppend_OfMartensForm_IsReadByUs()
    {
        var (test, _) = await WithGrantAsync();
        await using var __ = test;
        var id = Guid.NewGuid();
        // StartStream as Marten writes it: columns with defaults are not listed.
        await test.SqlAsync(
            $$"""
            insert into grants.mt_streams (id, type, version, tenant_id) values ('{{id}}', 'grant', 1, '*DEFAULT*');
            insert into grants.mt_events (data, type, mt_dotnet_type, seq_id, id, stream_id, version, timestamp, tenant_id, correlation_id, causation_id, headers)
            values ('{"subject": "carol", "kind": "OAuth"}', 'grant_issued', 'Some.Other.Name, Gone', nextval('grants.mt_events_sequence'),
              gen_random_uuid(), '{{id}}', 1, now(), '*DEFAULT*', null, null, 'null')
            """);

        await using var query = test.Store.QuerySession();
        var e = Assert.Single(await query.Events.FetchStreamAsync(id));
        Assert.Null(e.Headers);
        Assert.Equal("carol", (await query.Events.FetchLatest<Grant>(id))!.Subject);
    }
}
