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
    public void Between_NamesEachMemberThatDiffers(string before, string after, string changes)
        => Assert.Equal(JsonNode.Parse(changes)!.ToJsonString(), JsonDifference.Between(JsonNode.Parse(before), JsonNode.Parse(after)).ToJsonString());
}
