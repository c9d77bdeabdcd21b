using ManagedOAuth.AuthorizationServer.Scim;
using ManagedOAuth.AuthorizationServer.Scim.Queries;

namespace ManagedOAuth.AuthorizationServer.Tests.Scim;

/// <summary>Filters as providers write them (RFC 7644 §3.4.2.2).</summary>
public sealed class ScimFilterTests
{
    [Theory]
    [InlineData("userName eq \"bjensen\"", "((data ->> 'userNameKey') = ?)")]
    [InlineData("USERNAME EQ \"bjensen\"", "((data ->> 'userNameKey') = ?)")]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"", "(starts_with((data ->> 'userNameKey'), ?))")]
    [InlineData("active eq true", "((data ->> 'active') = ?)")]
    [InlineData("externalId pr", "((data ->> 'externalId') is not null and (data ->> 'externalId') <> '')")]
    [InlineData("userName co \"a\" or userName co \"b\" and active eq false",
        "((position(? in (data ->> 'userNameKey')) > 0) or ((position(? in (data ->> 'userNameKey')) > 0) and ((data ->> 'active') = ?)))")]
    [InlineData("(userName co \"a\" or userName co \"b\") and active eq false",
        "(((position(? in (data ->> 'userNameKey')) > 0) or (position(? in (data ->> 'userNameKey')) > 0)) and ((data ->> 'active') = ?))")]
    [InlineData("not (userName eq \"x\")", "(not coalesce(((data ->> 'userNameKey') = ?), false))")]
    public void Filter_BecomesAConditionWithItsValuesApart(string filter, string condition)
        => Assert.Equal(condition, ScimFilterSql.OfUsers(ScimFilterParser.Parse(filter)).Condition);

    [Fact]
    public void Value_IsNeverPartOfTheCondition()
    {
        var (condition, values) = ScimFilterSql.OfUsers(ScimFilterParser.Parse("""userName eq "x') or 1=1; -- \" \u0041" """.Trim()));
        Assert.Equal("((data ->> 'userNameKey') = ?)", condition);
        Assert.Equal("x') or 1=1; -- \" a", Assert.Single(values));
    }

    [Theory]
    [InlineData("")]
    [InlineData("userName")]
    [InlineData("userName eq")]
    [InlineData("userName eq bjensen")]
    [InlineData("userName eq \"x")]
    [InlineData("userName like \"x\"")]
    [InlineData("(userName eq \"x\"")]
    [InlineData("userName eq \"x\")")]
    [InlineData("userName eq \"x\" xor active eq true")]
    [InlineData("not userName eq \"x\"")]
    [InlineData("userName eq \"x\\u0000\"")]
    [InlineData("userName eq \"x\\ud800\"")]
    [InlineData("password eq \"x\"")]
    [InlineData("data->>'secret' eq \"x\"")]
    public void Filter_ThatCannotBeRead_IsInvalidFilter(string filter)
    {
        var refused = Assert.Throws<ScimException>(() => ScimFilterSql.OfUsers(ScimFilterParser.Parse(filter)));
        Assert.Equal((400, "invalidFilter"), (refused.Status, refused.ScimType));
    }

    [Fact]
    public void Filter_IsBounded()
    {
        Assert.Throws<ScimException>(() => ScimFilterParser.Parse(new string('(', 400) + "userName pr" + new string(')', 400)));
        Assert.Throws<ScimException>(() => ScimFilterParser.Parse(string.Join(" or ", Enumerable.Repeat("userName pr", 30))));
        Assert.Throws<ScimException>(() => ScimFilterParser.Parse("userName eq \"" + new string('x', 2000) + "\""));
    }
}
