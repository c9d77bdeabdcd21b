using Marten.Events;
using Marten.Json;
using Marten.Schema;
using Marten.Sql;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public class NamingTests
{
    [Theory]
    [InlineData(typeof(GrantIssued), "grant_issued")]
    [InlineData(typeof(OAuthGrantIssued), "o_auth_grant_issued")]
    [InlineData(typeof(MCPServerAdded), "mcp_server_added")]
    [InlineData(typeof(RFC8628DeviceCodeIssued), "rfc8628_device_code_issued")]
    [InlineData(typeof(TTLChanged2), "ttl_changed_2")]
    [InlineData(typeof(Outer.Nested), "nested")]
    public void Alias_FollowsMartensRule(Type type, string alias) => Assert.Equal(alias, EventNames.Alias(type));

    [Theory]
    [InlineData(typeof(Grant), "grant")]
    [InlineData(typeof(OAuthGrantIssued), "oauthgrantissued")]
    public void DocumentAlias_IsLowerCaseWithoutSeparators(Type type, string alias) => Assert.EndsWith(alias, EventNames.DocumentAlias(type), StringComparison.Ordinal);

    [Fact]
    public void DocumentAlias_NestedClass_HasOuterInFront() =>
        Assert.EndsWith("outer_nested", EventNames.DocumentAlias(typeof(Outer.Nested)), StringComparison.Ordinal);

    [Fact]
    public void Alias_Generic_IsRefused() => Assert.Throws<ArgumentException>(() => EventNames.Alias(typeof(List<int>)));

    [Theory]
    [InlineData("select ?, ?", 2, "select $1, $2")]
    [InlineData("where a = '?' and \"b?\" = ? -- really?\n and c = ?", 2, "where a = '?' and \"b?\" = $1 -- really?\n and c = $2")]
    [InlineData("it''s '' ? ''''", 1, "it''s '' $1 ''''")]
    [InlineData("data ?? 'x' and ?", 1, "data ? 'x' and $1")]
    public void Placeholders_OutsideQuotes_AreNumbered(string sql, int count, string expected) => Assert.Equal(expected, SqlText.Number(sql, count));

    [Fact]
    public void Placeholders_OtherNumberOfParameters_IsRefused() => Assert.Throws<ArgumentException>(() => SqlText.Number("a = ?", 2));

    [Theory]
    [InlineData("token\"; drop schema x")]
    [InlineData("Token")]
    [InlineData("1a")]
    [InlineData("")]
    public void SchemaName_NotPlain_IsRefused(string name) => Assert.ThrowsAny<ArgumentException>(() => SqlText.CheckName(name));

    [Fact]
    public void EventName_TakenByOtherType_IsRefused()
    {
        var options = new Marten.StoreOptions();
        options.Events.AddEventType<GrantIssued>();
        Assert.Throws<ArgumentException>(() => options.Events.MapEventType<GrantRevoked>("grant_issued"));
        options.Events.MapEventType<GrantIssued>("grant_opened");
        Assert.Equal("grant_opened", options.Events.EventTypeNameFor(typeof(GrantIssued)));
        Assert.Null(options.Events.FindByName("grant_issued"));
    }

    [Theory]
    [InlineData("{\"a\":\"\\u0000\"}", true)]
    [InlineData("{\"a\":\"\\\\u0000\"}", false)]
    [InlineData("{\"a\":\"\\\\\\u0000\"}", true)]
    [InlineData("{\"a\":\"\\\\u0000 \\u0000\"}", true)]
    [InlineData("{}", false)]
    public void Nul_IsFoundByItsEscape(string json, bool found) => Assert.Equal(found, StoreSerializer.HasNul(System.Text.Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Diff_NothingMissing_IsEmpty()
    {
        var empty = SchemaDiff.Between([], SchemaCatalog.Empty, "x");
        Assert.Equal("create schema x", empty.Statements[0]);
        Assert.Empty(empty.Conflicts);
    }

    private sealed record OAuthGrantIssued;

    private sealed record MCPServerAdded;

    private sealed record RFC8628DeviceCodeIssued;

    private sealed record TTLChanged2;

    private static class Outer
    {
        public sealed record Nested;
    }
}
