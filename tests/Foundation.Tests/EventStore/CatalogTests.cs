using System.Runtime.CompilerServices;
using System.Text;
using Marten;
using Marten.Events.Projections;
using Marten.Exceptions;
using Marten.Schema;
using ManagedOAuth.Testing;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class CatalogTests
{
    private static void WithViews(StoreOptions options) => options.Projections.Add(new UserGrantsProjection(), ProjectionLifecycle.Async);

    [Fact]
    public async Task Catalog_EqualsGoldenDump()
    {
        await using var test = await CreateAsync(WithViews);

        var golden = await File.ReadAllLinesAsync(Path.Combine(SourceFolder(), "marten-catalog.golden.txt"));

        Assert.Equal(
            string.Join('\n', golden.Where(l => !l.StartsWith('#'))).Trim(),
            await DumpAsync(test));
    }

    [Fact]
    public async Task Schema_AppliedAgainAndByManyAtOnce_IsTheSame()
    {
        var connectionString = await PostgresServer.CreateDatabaseAsync();
        var stores = Enumerable.Range(0, 8).Select(_ => Open(connectionString, WithViews)).ToList();

        await Task.WhenAll(stores.Select(s => Task.Run(() => s.Storage.ApplyAllConfiguredChangesToDatabaseAsync())));
        await stores[0].Storage.ApplyAllConfiguredChangesToDatabaseAsync();

        await using var test = await CreateAsync(WithViews);
        var expected = await DumpAsync(test);
        await using var other = new Npgsql.NpgsqlConnection(connectionString + ";Pooling=false");
        await other.OpenAsync();
        Assert.Equal(expected, await DumpAsync(other));
        stores.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Script_OnEmptyDatabase_GivesTheSameSchema()
    {
        await using var test = await CreateAsync(WithViews);
        var connectionString = await PostgresServer.CreateDatabaseAsync();
        await using var connection = new Npgsql.NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();

        await SqlAsync(connection, test.Store.Storage.ToDatabaseScript());

        Assert.Equal(await DumpAsync(test), await DumpAsync(connection));
    }

    [Fact]
    public async Task Upgrade_AddsWhatIsMissing_AndDropsNothing()
    {
        await using var test = await CreateAsync();
        await test.StartAsync();
        await test.SqlAsync(
            """
            alter table grants.mt_streams add column mine text;
            alter table grants.mt_events drop column headers;
            drop index grants.mt_doc_user_uidx_email;
            """);

        await using var newer = Open(test.ConnectionString, WithViews);
        await newer.Storage.ApplyAllConfiguredChangesToDatabaseAsync();

        await using var query = newer.QuerySession();
        Assert.Single(await query.QueryAsync<Grant>("", default));
        Assert.Empty(await query.QueryAsync<UserGrants>("", default));
        var dump = await DumpAsync(test);
        Assert.Contains("mine text", dump, StringComparison.Ordinal);
        Assert.Contains("headers jsonb", dump, StringComparison.Ordinal);
        Assert.Contains("mt_doc_user_uidx_email", dump, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Contradiction_IsRefusedAndLeftAlone()
    {
        await using var test = await CreateAsync();
        await test.SqlAsync("alter table grants.mt_streams alter column version type text");
        await using var again = Open(test.ConnectionString, WithViews);

        var e = await Assert.ThrowsAsync<SchemaMigrationException>(() => again.Storage.ApplyAllConfiguredChangesToDatabaseAsync());

        Assert.Contains("grants.mt_streams.version is text, expected bigint", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("mt_doc_usergrants", await DumpAsync(test), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EventTables_OfAnotherRole_AreAppendedTo_AndNotRewritten()
    {
        var admin = await PostgresServer.CreateDatabaseAsync();
        var suffix = Guid.NewGuid().ToString("N")[..8];
        await using var connection = new Npgsql.NpgsqlConnection(admin + ";Pooling=false");
        await connection.OpenAsync();
        await SqlAsync(
            connection,
            $"""
            create role owner_{suffix};
            create role service_{suffix} login password 'pw';
            create schema grants authorization owner_{suffix};
            grant usage, create on schema grants to service_{suffix};
            set role owner_{suffix};
            {EventTables.SqlFor("grants")}
            {EventTables.SqlFor("grants")}
            grant {EventTables.StreamPrivileges} on grants.mt_streams to service_{suffix};
            grant {EventTables.EventPrivileges} on grants.mt_events to service_{suffix};
            grant {EventTables.SequencePrivileges} on sequence grants.mt_events_sequence to service_{suffix};
            reset role;
            """);
        var service = new Npgsql.NpgsqlConnectionStringBuilder(admin) { Username = $"service_{suffix}", Password = "pw" }.ConnectionString;
        await using var store = Open(service, WithViews);
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();

        await using (var session = store.LightweightSession())
        {
            var stream = session.Events.StartStream<Grant>(Issued()).Id;
            session.Store(new Setting { Key = "k" });
            await session.SaveChangesAsync();
            session.Events.Append(stream, new GrantNoted("more"));
            session.Delete<Setting>("k");
            await session.SaveChangesAsync();
            await session.Events.FetchForExclusiveWriting<Grant>(stream);
        }

        Assert.Equal(2, (await store.Advanced.FetchSafeEventsAsync(0, 10)).Events.Count);
        await store.Advanced.RebuildProjectionAsync(nameof(Grant));

        foreach (var rewrite in (string[])
            ["update grants.mt_events set data = '{}'", "delete from grants.mt_events", "truncate grants.mt_events cascade", "delete from grants.mt_streams", "update grants.mt_streams set type = null",
            "alter table grants.mt_events add column mine text", "drop table grants.mt_events cascade", "drop schema grants cascade"])
        {
            await using var session = store.LightweightSession();
            session.QueueSqlCommand(rewrite);
            Assert.Equal("42501", (await Assert.ThrowsAsync<MartenCommandException>(() => session.SaveChangesAsync())).SqlState);
        }

        var owners = await SqlAsync(connection, "select tablename, tableowner from pg_tables where schemaname = 'grants' and tablename in ('mt_events', 'mt_streams', 'mt_doc_setting') order by 1");
        Assert.Equal([["mt_doc_setting", $"service_{suffix}"], ["mt_events", $"owner_{suffix}"], ["mt_streams", $"owner_{suffix}"]], owners);
        await using var own = await CreateAsync(WithViews);
        Assert.Equal(await DumpAsync(own), await DumpAsync(connection));
    }

    private static Task<string> DumpAsync(TestStore test) => DumpAndCloseAsync(test);

    private static async Task<string> DumpAndCloseAsync(TestStore test)
    {
        await using var connection = await test.ConnectAsync();
        return await DumpAsync(connection);
    }

    /// <summary>Everything in the schema, in the golden file's form.</summary>
    private static async Task<string> DumpAsync(Npgsql.NpgsqlConnection connection)
    {
        var dump = new StringBuilder();
        var tables = await SqlAsync(connection, "select c.oid::bigint, c.relname from pg_class c where c.relnamespace = 'grants'::regnamespace and c.relkind <> 'S' and c.relkind <> 'i' order by 2");
        foreach (var table in tables)
        {
            dump.Append($"table {table[1]}\n");
            var columns = await SqlAsync(
                connection,
                "select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid) from pg_attribute a "
                + "left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where a.attrelid = $1::bigint::oid and a.attnum > 0 and not a.attisdropped order by a.attnum",
                table[0]!);
            foreach (var column in columns)
            {
                dump.Append($"  {column[0]} {column[1]}{((bool)column[2]! ? " not null" : "")}{(column[3] is null ? "" : $" default {column[3]}")}\n");
            }

            foreach (var constraint in await SqlAsync(connection, "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = $1::bigint::oid order by 1", table[0]!))
            {
                dump.Append($"  constraint {constraint[0]} {constraint[1]}\n");
            }

            foreach (var index in await SqlAsync(
                connection,
                "select c.relname, i.indisunique, regexp_replace(pg_get_indexdef(c.oid), '^.* USING ', '') from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = $1::bigint::oid order by 1",
                table[0]!))
            {
                dump.Append($"  index {index[0]} {((bool)index[1]! ? "UNIQUE " : "")}{index[2]}\n");
            }

            dump.Append('\n');
        }

        var sequences = await SqlAsync(
            connection,
            "select c.relname, format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqcache, s.seqcycle::text, o.relname || '.' || a.attname "
            + "from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_depend d on d.objid = c.oid and d.deptype = 'a' "
            + "join pg_class o on o.oid = d.refobjid join pg_attribute a on a.attrelid = o.oid and a.attnum = d.refobjsubid where c.relnamespace = 'grants'::regnamespace");
        foreach (var s in sequences)
        {
            dump.Append($"sequence {s[0]} {s[1]} start {s[2]} increment {s[3]} cache {s[4]} cycle {((string)s[5]! == "false" ? "f" : "t")} owned by {s[6]}\n");
        }

        var others = await SqlAsync(connection, "select proname from pg_proc where pronamespace = 'grants'::regnamespace union all select tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = 'grants'::regnamespace and not tgisinternal");
        foreach (var other in others)
        {
            dump.Append($"other {other[0]}\n");
        }

        return dump.ToString().Trim();
    }

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
