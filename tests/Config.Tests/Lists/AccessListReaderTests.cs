using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Lists;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Tests.Lists;

public sealed class AccessListReaderTests
{
    private static readonly DateTimeOffset s_then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_now = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Read_Values_AreNormalisedAndKeptOnce()
    {
        var list = Read("""{"name":"people","type":"EMAIL","items":[{"value":" Alice@Example.com "},{"value":"alice@example.com","description":"again"},{"value":"bob@x.test"}]}""", out var errors);
        Assert.Empty(errors);
        Assert.Equal(["alice@example.com", "bob@x.test"], list.Items.Select(item => item.Value));
    }

    [Theory]
    [InlineData("EMAIL", "alice")]
    [InlineData("EMAIL", "@x.test")]
    [InlineData("EMAIL", "a@b@c")]
    [InlineData("EMAIL", "a b@x.test")]
    [InlineData("EMAIL", "a@x..test")]
    [InlineData("EMAIL", "a@m\u00fcnchen.example")]
    [InlineData("EMAIL", "a@\u212A.test")]
    [InlineData("EMAIL", "")]
    [InlineData("IP", "10.1.2.3/8")]
    [InlineData("IP", "010.0.0.1")]
    [InlineData("IP", "::ffff:10.0.0.1")]
    [InlineData("IP", "10.0.0.0/33")]
    [InlineData("IP", "alice@example.com")]
    [InlineData("IP", "")]
    public void Read_ValueOfAnotherKind_IsRefused(string type, string value)
    {
        Read($$$"""{"name":"x","type":"{{{type}}}","items":[{"value":"{{{value}}}"}]}""", out var errors);
        Assert.Equal("/items/0/value", Assert.Single(errors).Source!.Pointer);
    }

    [Theory]
    [InlineData("SERIAL")]
    [InlineData("URL")]
    [InlineData("email")]
    public void Read_TypeThatDecidesNothing_IsRefused(string type)
    {
        Read($$"""{"name":"x","type":"{{type}}"}""", out var errors);
        Assert.Equal("/type", Assert.Single(errors).Source!.Pointer);
    }

    [Fact]
    public void Read_TooManyValues_IsRefused()
    {
        var items = string.Join(',', Enumerable.Range(0, AccessListReader.MaximumItems + 1).Select(index => $$"""{"value":"u{{index}}@x.test"}"""));
        Read($$"""{"name":"x","type":"EMAIL","items":[{{items}}]}""", out var errors);
        Assert.Equal("/items", Assert.Single(errors).Source!.Pointer);
    }

    [Fact]
    public void Read_PutWithoutItems_KeepsThemAndWithItemsReplacesThem()
    {
        var existing = Existing();
        Assert.Equal(existing.Items, Read("""{"name":"renamed"}""", out _, existing).Items);
        var replaced = Read("""{"name":"renamed","items":[{"value":"b@x.test"},{"value":"c@x.test"}]}""", out _, existing);
        Assert.Equal([("b@x.test", s_then), ("c@x.test", s_now)], replaced.Items.Select(item => (item.Value, item.CreatedAt)));
    }

    [Fact]
    public void Edit_AppendsAndRemoves()
    {
        var errors = new List<ApiError>();
        var edited = AccessListReader.Edit(Body("""{"append":[{"value":"C@x.test"},{"value":"b@x.test"}],"remove":["A@x.test","unknown@x.test"]}""", errors), Existing(), s_now);
        Assert.Empty(errors);
        Assert.Equal([("b@x.test", s_then), ("c@x.test", s_now)], edited.Items.Select(item => (item.Value, item.CreatedAt)));
    }

    [Fact]
    public void Edit_TakesOut_WhatCouldNoLongerBePutIn()
    {
        var errors = new List<ApiError>();
        var existing = Existing() with { Items = [new AccessListItem("a b@x.test", null, s_then)] };
        Assert.Empty(AccessListReader.Edit(Body("""{"remove":["a b@x.test"]}""", errors), existing, s_now).Items);
        Assert.Empty(errors);
        AccessListReader.Edit(Body("""{"remove":["c d@x.test"]}""", errors), existing, s_now);
        Assert.Equal("/remove/0", Assert.Single(errors).Source!.Pointer);
    }

    private static AccessList Existing() => new()
    {
        Id = Guid.NewGuid(),
        Name = "people",
        Type = AccessListType.Email,
        Items = [new AccessListItem("a@x.test", null, s_then), new AccessListItem("b@x.test", null, s_then)],
    };

    private static AccessList Read(string json, out List<ApiError> errors, AccessList? existing = null)
    {
        errors = [];
        return AccessListReader.Read(Body(json, errors), existing?.Id ?? Guid.NewGuid(), existing, s_now);
    }

    private static BodyReader Body(string json, List<ApiError> errors) => new(JsonDocument.Parse(json).RootElement, errors);
}
