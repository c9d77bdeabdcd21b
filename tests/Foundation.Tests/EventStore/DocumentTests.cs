using Marten;
using Marten.Exceptions;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class DocumentTests
{
    [Fact]
    public async Task Store_LoadReplaceDelete_Works()
    {
        await using var test = await CreateAsync();
        await using var session = test.Store.LightweightSession();
        var user = new User { Email = "a@example.com" };
        session.Store(user);
        session.Store(new Setting { Key = "theme", Value = "dark" });
        Assert.NotEqual(Guid.Empty, user.Id);
        await session.SaveChangesAsync();

        session.Store(new User { Id = user.Id, Email = "b@example.com" });
        session.Delete<Setting>("theme");
        await session.SaveChangesAsync();

        await using var query = test.Store.QuerySession();
        Assert.Equal("b@example.com", (await query.LoadAsync<User>(user.Id))!.Email);
        Assert.Null(await query.LoadAsync<Setting>("theme"));
        Assert.Single(await query.LoadManyAsync<User>([user.Id, Guid.NewGuid()]));
    }

    [Fact]
    public async Task Select_GivesRows_AndRefusalsAsTheStoreDoes()
    {
        await using var test = await CreateAsync();
        await using var session = test.Store.LightweightSession();
        session.Store(new Setting { Key = "a", Value = "dark" }, new Setting { Key = "b", Value = "dark" }, new Setting { Key = "c", Value = "light" });
        await session.SaveChangesAsync();
        var counts = await session.SelectAsync(
            "select data ->> 'value', count(*) from grants.mt_doc_setting where id = any(?) group by 1 order by 2 desc limit ?",
            row => (row.GetString(0), row.GetInt64(1)),
            default,
            new[] { "a", "b", "c", "d" },
            5);
        Assert.Equal([("dark", 2), ("light", 1)], counts);
        Assert.Equal("42P01", (await Assert.ThrowsAsync<MartenCommandException>(() => session.SelectAsync("select 1 from grants.nothing", row => row.GetInt32(0), default))).SqlState);
    }

    [Fact]
    public async Task Load_UnsavedChanges_SeesThem()
    {
        await using var test = await CreateAsync();
        await using var session = test.Store.LightweightSession();
        session.Store(new Setting { Key = "theme", Value = "dark" });
        Assert.Equal("dark", (await session.LoadAsync<Setting>("theme"))!.Value);
        session.Delete<Setting>("theme");
        Assert.Null(await session.LoadAsync<Setting>("theme"));
        Assert.Empty(await session.LoadManyAsync<Setting>(["theme"]));
    }

    [Fact]
    public async Task Insert_Exists_ThrowsTyped()
    {
        await using var test = await CreateAsync();
        await using (var session = test.Store.LightweightSession())
        {
            session.Insert(new Setting { Key = "theme", Value = "dark" });
            await session.SaveChangesAsync();
        }

        await using var other = test.Store.LightweightSession();
        other.Insert(new Setting { Key = "theme", Value = "light" });
        var e = await Assert.ThrowsAsync<DocumentAlreadyExistsException>(() => other.SaveChangesAsync());
        Assert.Equal((typeof(Setting), "theme"), (e.DocType, e.Id));
        Assert.Equal("dark", (await test.Store.QuerySession().LoadAsync<Setting>("theme"))!.Value);
    }

    [Fact]
    public async Task UniqueIndex_SameEmailInParallel_OneWins()
    {
        await using var test = await CreateAsync();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            await using var session = test.Store.LightweightSession();
            session.Store(new User { Email = "same@example.com" });
            try
            {
                await session.SaveChangesAsync();
                return true;
            }
            catch (DocumentAlreadyExistsException e)
            {
                Assert.Equal("mt_doc_user_uidx_email", e.ConstraintName);
                return false;
            }
        })));

        Assert.Single(outcomes, won => won);
    }

    [Fact]
    public async Task Query_BySqlFragment_BindsOrdersAndLimits()
    {
        await using var test = await CreateAsync();
        await using var session = test.Store.LightweightSession();
        session.Store([.. Enumerable.Range(0, 10).Select(i => new User { Email = $"u{i}@example.com", LoginCount = i })]);
        await session.SaveChangesAsync();

        var found = await session.QueryAsync<User>("where (data ->> 'loginCount')::bigint >= ? order by (data ->> 'loginCount')::bigint desc limit ?", default, 5, 3);
        Assert.Equal([9, 8, 7], found.Select(u => u.LoginCount));
        Assert.Equal((10, 5), (await session.CountAsync<User>("true", default), await session.CountAsync<User>("(data ->> 'loginCount')::bigint >= ?", default, 5)));
        Assert.Equal(0, await session.CountAsync<User>("data ->> 'email' = ?", default, "x' or '1'='1"));
        var nasty = await session.QueryAsync<User>("where data ->> 'email' = ?", default, "x' or '1'='1");
        Assert.Empty(nasty);
        Assert.Single(await session.QueryAsync<User>("where data ?? 'email' and data ->> 'email' = ?", default, "u3@example.com"));

        session.DeleteWhere<User>("where (data ->> 'loginCount')::bigint < ?", 8L);
        await session.SaveChangesAsync();
        Assert.Equal(2, (await session.QueryAsync<User>("order by id", default)).Count);
    }

    [Fact]
    public async Task Query_MoreThanLimit_IsRefused()
    {
        await using var test = await CreateAsync(o => o.MaxQueryRows = 3);
        await using var session = test.Store.LightweightSession();
        session.Store([.. Enumerable.Range(0, 4).Select(i => new User { Email = $"u{i}@example.com" })]);
        await session.SaveChangesAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => session.QueryAsync<User>("", default));
        Assert.Equal(3, (await session.QueryAsync<User>("limit 3", default)).Count);
    }

    [Fact]
    public async Task Query_WrongSql_ThrowsCommandExceptionWithState()
    {
        await using var test = await CreateAsync();
        await using var session = test.Store.QuerySession();
        var e = await Assert.ThrowsAsync<MartenCommandException>(() => session.QueryAsync<User>("where no_such_column = 1", default));
        Assert.Equal("42703", e.SqlState);
    }

    [Fact]
    public async Task Index_OnMembers_IsUsedByTheExpressionOfTheQuery()
    {
        await using var test = await CreateAsync();
        var plan = string.Join('\n', (await test.SqlAsync(
            "set enable_seqscan = off; explain select data from grants.mt_doc_user as d where (data ->> 'loginCount')::bigint = 5")).Select(r => r[0]));
        Assert.Contains("mt_doc_user_idx_logincount", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UndeclaredDocument_Store_SaysHowToDeclare()
    {
        await using var test = await CreateAsync();
        await using var session = test.Store.LightweightSession();
        var e = Assert.Throws<InvalidOperationException>(() => session.Store(new UserGrants { Id = "x" }));
        Assert.Contains("Schema.For<UserGrants>", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => session.LoadAsync<User>("not a guid"));
    }

    [Fact]
    public async Task Listeners_SeeCommitAndCannotBreakIt()
    {
        var global = new Listener();
        await using var test = await CreateAsync(o => o.Listeners.Add(global));
        var own = new Listener { FailAfter = true };
        await using var session = test.Store.LightweightSession();
        session.Listeners.Add(own);
        session.Events.StartStream<Grant>(Issued());
        await session.SaveChangesAsync();

        Assert.Equal(["before", "after"], own.Calls);
        Assert.Equal(["before", "after"], global.Calls);
        // What a listener stores before the save is saved with it.
        Assert.NotNull(await test.Store.QuerySession().LoadAsync<Setting>("by-listener"));
        var e = Assert.Single(global.Commit!.GetEvents());
        Assert.True(e.Sequence > 0 && e.Version == 1 && e.Timestamp != default);
        Assert.Empty(session.PendingChanges.GetEvents());
    }

    private sealed class Listener : IDocumentSessionListener
    {
        public List<string> Calls { get; } = [];

        public IChangeSet? Commit { get; private set; }

        public bool FailAfter { get; init; }

        public Task BeforeSaveChangesAsync(IDocumentSession session, CancellationToken ct)
        {
            Calls.Add("before");
            session.Store(new Setting { Key = "by-listener" });
            return Task.CompletedTask;
        }

        public Task AfterCommitAsync(IDocumentSession session, IChangeSet commit, CancellationToken ct)
        {
            Calls.Add("after");
            Commit = commit;
            return FailAfter ? throw new InvalidOperationException("listener broke") : Task.CompletedTask;
        }
    }
}
