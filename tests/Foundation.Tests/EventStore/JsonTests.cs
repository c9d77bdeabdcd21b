using System.Text.Json;
using Marten.Events;
using Marten.Exceptions;
using static ManagedOAuth.Foundation.Tests.EventStore.TestStore;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class JsonTests
{
    [Fact]
    public async Task NulCharacter_InEventDocumentOrHeader_IsRefusedBeforeTheDatabase()
    {
        await using var test = await CreateAsync();
        await Refused(s => s.Events.StartStream<Grant>(Issued("ali\0ce")));
        await Refused(s => s.Store(new Setting { Key = "k", Value = "\0" }));
        await Refused(s =>
        {
            s.LastModifiedBy = "mal\0lory";
            s.Events.StartStream<Grant>(Issued());
        });
        Assert.Empty(await test.SqlAsync("select 1 from grants.mt_streams"));

        async Task Refused(Action<Marten.IDocumentSession> queue)
        {
            await using var session = test.Store.LightweightSession();
            queue(session);
            await Assert.ThrowsAsync<UnstorableJsonException>(() => session.SaveChangesAsync());
        }
    }

    [Theory]
    [InlineData("\\u0000")]
    [InlineData("\\\\u0000")]
    [InlineData("C:\\\\u0000\\\"")]
    [InlineData("\u0001\u2028\ud83d\ude00")]
    public async Task TextThatOnlyLooksLikeNul_IsStoredUnchanged(string text)
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync(Issued(text));
        await using var query = test.Store.QuerySession();
        Assert.Equal(text, (await query.LoadAsync<Grant>(id))!.Subject);
    }

    [Fact]
    public async Task TooLarge_IsRefused()
    {
        await using var test = await CreateAsync(o => o.MaxJsonBytes = 1_000);
        await Assert.ThrowsAsync<UnstorableJsonException>(() => test.StartAsync(Issued(new string('x', 1_000))));
    }

    [Fact]
    public async Task Data_StandsAsCamelCaseWithStringEnums()
    {
        await using var test = await CreateAsync();
        await test.StartAsync();
        var row = Assert.Single(await test.SqlAsync("select data::text from grants.mt_events"));
        using var json = JsonDocument.Parse((string)row[0]!);
        Assert.Equal("alice", json.RootElement.GetProperty("subject").GetString());
        Assert.Equal("Browser", json.RootElement.GetProperty("kind").GetString());
        Assert.Equal("2030-01-02T03:04:05+00:00", json.RootElement.GetProperty("expiresAt").GetString());
    }

    [Fact]
    public async Task MissingAndUnknownMembers_StillRead()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await test.SqlAsync("""update grants.mt_events set data = '{"subject": "old", "gone": [1, 2]}'""");
        await using var query = test.Store.QuerySession();
        var e = Assert.Single(await query.Events.FetchStreamAsync(id));
        Assert.Equal(new GrantIssued("old", default, GrantKind.OAuth), e.Data);
    }

    [Fact]
    public async Task OldNamesAndShapes_AreUpcast()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync(Issued(), new GrantRefreshed(1), new GrantRevoked("x"), new GrantNoted("1"));
        await test.SqlAsync("""update grants.mt_events set type = 'grant_opened', data = '{"user": "carol"}' where version = 1""");
        await test.SqlAsync("""update grants.mt_events set type = 'grant_renewed', data = '{"rotation": 5}' where version = 2""");
        await test.SqlAsync("""update grants.mt_events set data = '{"code": 7}' where version = 3""");
        await test.SqlAsync("""update grants.mt_events set type = 'grant_frozen' where version = 4""");
        await using var newer = Open(test.ConnectionString, o =>
        {
            o.Events.Upcast("grant_opened", json => new GrantIssued(json.GetProperty("user").GetString()!, default, GrantKind.OAuth));
            o.Events.Upcast<GrantRefreshed, GrantRefreshed>("grant_renewed", old => new GrantRefreshed(old.Rotation + 1));
            // The name of a registered type whose older data lack a member.
            o.Events.Upcast("grant_revoked", json => new GrantRevoked(json.TryGetProperty("code", out var code) ? $"code {code}" : json.GetProperty("reason").GetString()!));
            o.Events.IgnoreEventType("grant_frozen");
        });

        await using var query = newer.QuerySession();
        var grant = await query.Events.AggregateStreamAsync<Grant>(id);

        Assert.Equal(("carol", 1, "code 7", 4L), (grant!.Subject, grant.Refreshes, grant.RevokedBecause, grant.Version));
        Assert.Equal(new GrantRefreshed(6), (await query.Events.FetchStreamAsync(id))[1].Data);
        // A query by today's type finds what was stored under the old name.
        Assert.Single((await query.Events.QueryEventsAsync(new EventQuery { EventTypes = [typeof(GrantIssued)] })).Events);
    }

    [Fact]
    public async Task UnknownName_ShowsInHistoryButIsNotFoldedOver()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync(Issued(), new GrantNoted("hello"));
        await test.SqlAsync("update grants.mt_events set type = 'grant_frozen' where version = 2");
        await using var query = test.Store.QuerySession();

        var unknown = Assert.IsType<UnknownEvent>((await query.Events.FetchStreamAsync(id))[1].Data);
        Assert.Equal(("grant_frozen", "hello"), (unknown.EventTypeName, unknown.Json.GetProperty("note").GetString()));
        var e = await Assert.ThrowsAsync<UnknownEventTypeException>(() => query.Events.AggregateStreamAsync<Grant>(id));
        Assert.Equal("grant_frozen", e.EventTypeName);
    }

    [Fact]
    public async Task DataOfWrongShape_NamesTheEvent()
    {
        await using var test = await CreateAsync();
        var id = await test.StartAsync();
        await test.SqlAsync("""update grants.mt_events set data = '{"subject": 5}'""");
        await using var query = test.Store.QuerySession();
        var e = await Assert.ThrowsAsync<EventDeserializationFailureException>(() => query.Events.FetchStreamAsync(id));
        Assert.Equal(1, e.Sequence);
    }

    [Fact]
    public void TypeOutsideTheContexts_IsAnErrorWhenTheStoreIsBuilt()
    {
        var e = Assert.Throws<InvalidOperationException>(() => Open("Host=nowhere", o => o.Events.AddEventType<Version>()));
        Assert.Contains("JsonSerializable(typeof(Version))", e.Message, StringComparison.Ordinal);
    }
}
