using System.Text.Json.Nodes;
using ManagedOAuth.Config.History;

namespace ManagedOAuth.Config.Tests.History;

public sealed class JsonDifferenceTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[1,2]}""", """{"b":[1,2],"a":1}""", "[]")]
    [InlineData("""{"a":1}""", """{"a":2}""", """[{"op":"replace","path":"/a","old":1,"new":2}]""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":1,"c/d~":true}}""", """[{"op":"add","path":"/a/c~1d~0","new":true}]""")]
    [InlineData("""{"a":{"b":1}}""", """{}""", """[{"op":"remove","path":"/a","old":{"b":1}}]""")]
    [InlineData("""{"a":[1,2,3]}""", """{"a":[1,3]}""", """[{"op":"remove","path":"/a/1","old":2}]""")]
    [InlineData("""{"a":[1,3]}""", """{"a":[1,2,3]}""", """[{"op":"add","path":"/a/1","new":2}]""")]
    [InlineData("""{"a":[{"x":1,"y":2}]}""", """{"a":[{"x":1,"y":3}]}""", """[{"op":"replace","path":"/a/0/y","old":2,"new":3}]""")]
    [InlineData("""{"version":1,"updated_at":"x","n":{"version":1}}""", """{"version":2,"updated_at":"y","n":{"version":2}}""", """[{"op":"replace","path":"/n/version","old":1,"new":2}]""")]
    // Rules are what they say: another rule is no changed one.
    [InlineData("""{"include":[{"email":{"email":"a"}},{"email":{"email":"b"}}]}""", """{"include":[{"email":{"email":"b"}},{"email":{"email":"c"}}]}""", """[{"op":"remove","path":"/include/0","old":{"email":{"email":"a"}}},{"op":"add","path":"/include/1","new":{"email":{"email":"c"}}}]""")]
    [InlineData("""{"include":[{"email":{"email":"a"}},{"everyone":{}}]}""", """{"include":[{"everyone":{}},{"email":{"email":"a"}}]}""", "[]")]

    // Items with an id are themselves wherever they stand; of policies the precedence says where.
    [InlineData("""{"policies":[{"id":"1","precedence":1,"name":"A"},{"id":"2","precedence":2,"name":"B"}]}""", """{"policies":[{"id":"2","precedence":1,"name":"B"},{"id":"1","precedence":2,"name":"A"}]}""", """[{"op":"replace","path":"/policies/0/precedence","old":2,"new":1,"item":"B"},{"op":"replace","path":"/policies/1/precedence","old":1,"new":2,"item":"A"}]""")]
    [InlineData("""{"servers":[{"server_id":"x","updated_tools":[{"name":"t","enabled":true}]}]}""", """{"servers":[{"server_id":"y"},{"server_id":"x","updated_tools":[{"name":"t","enabled":false}]}]}""", """[{"op":"replace","path":"/servers/1/updated_tools/0/enabled","old":true,"new":false,"item":"x › t"},{"op":"add","path":"/servers/0","new":{"server_id":"y"}}]""")]
    [InlineData("""{"destinations":[{"type":"public","uri":"a"},{"type":"public","uri":"b"}]}""", """{"destinations":[{"type":"public","uri":"b"}]}""", """[{"op":"remove","path":"/destinations/0","old":{"type":"public","uri":"a"}}]""")]

    // Values of which the order says something move; the fewest that explain it.
    [InlineData("""{"a":[1,2,3,4]}""", """{"a":[4,1,2,3]}""", """[{"op":"move","from":"/a/3","path":"/a/0"}]""")]
    [InlineData("""{"a":[1,1]}""", """{"a":[1]}""", """[{"op":"remove","path":"/a/1","old":1}]""")]
    [InlineData("""{"a":[]}""", """{"a":[{"name":"n"}]}""", """[{"op":"add","path":"/a/0","new":{"name":"n"}}]""")]
    public void Between_NamesEachMemberThatDiffers(string before, string after, string changes)
        => Assert.Equal(JsonNode.Parse(changes)!.ToJsonString(), JsonDifference.Between(JsonNode.Parse(before), JsonNode.Parse(after)).ToJsonString());

    [Fact]
    public void Between_ALongListAndTheSameWithAValueInFront_IsOneDifference()
    {
        static JsonObject List(IEnumerable<int> values) => new() { ["items"] = new JsonArray([.. values.Select(value => new JsonObject { ["value"] = $"u{value}@example.com", ["description"] = $"{value}" })]) };
        var changes = JsonDifference.Between(List(Enumerable.Range(1, 5_000)), List(Enumerable.Range(0, 5_000)));
        Assert.Equal(["remove /items/4999", "add /items/0"], changes.Select(change => $"{change!["op"]} {change["path"]}"));
        Assert.Single(JsonDifference.Between(List(Enumerable.Range(1, 5_000)), List(Enumerable.Range(0, 5_001))));
        var plain = JsonDifference.Between(new JsonArray([.. Enumerable.Range(1, 5_000).Select(value => JsonValue.Create(value))]), new JsonArray([.. Enumerable.Range(0, 5_001).Select(value => JsonValue.Create(value))]));
        Assert.Equal(["add /0"], plain.Select(change => $"{change!["op"]} {change["path"]}"));
    }
}
