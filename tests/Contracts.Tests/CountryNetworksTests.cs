using System.Net;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Tests;

public sealed class CountryNetworksTests
{
    private const string List = """
        network,country_code,as_name
        # a comment
        10.0.0.0/8,DE
        "10.1.0.0/16","fr","Example, Inc."
        10.1.2.0/24,ZZ
        10.255.255.0/24,SE

        192.0.2.0,192.0.2.99,IT
        2001:db8::/32,SE
        2001:db8:1::/48,NO
        255.0.0.0/8,CH
        ffff:ffff::/32,AT
        """;

    [Theory]
    [InlineData("9.255.255.255", null)]
    [InlineData("10.0.0.0", "DE")]
    [InlineData("10.1.0.0", "FR")]
    [InlineData("10.1.2.3", null)]
    [InlineData("10.1.3.0", "FR")]
    [InlineData("10.2.0.0", "DE")]
    [InlineData("10.255.255.255", "SE")]
    [InlineData("11.0.0.0", null)]
    [InlineData("::ffff:10.1.0.1", "FR")]
    [InlineData("192.0.2.0", "IT")]
    [InlineData("192.0.2.99", "IT")]
    [InlineData("192.0.2.100", null)]
    [InlineData("2001:db8::1", "SE")]
    [InlineData("2001:db8:1:ffff::", "NO")]
    [InlineData("2001:db8:2::", "SE")]
    [InlineData("2001:db9::", null)]
    [InlineData("255.255.255.255", "CH")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "AT")]
    [InlineData("::", null)]
    public void Of_IsTheCountryOfTheNarrowestNetwork(string address, string? country)
    {
        using var list = new StringReader(List);
        Assert.Equal(country, CountryNetworks.Read(list).Of(IPAddress.Parse(address)));
    }

    [Fact]
    public void Knows_TheCountriesOfTheList_AndTextThatIsNoAddressIsNowhere()
    {
        using var list = new StringReader(List);
        var networks = CountryNetworks.Read(list);
        Assert.True(networks.Knows("FR"));
        Assert.False(networks.Knows("GB"));
        Assert.False(networks.Knows(""));
        Assert.Equal("", networks.Of("nowhere"));
        Assert.Equal("SE", networks.Of("2001:db8::1"));
        Assert.Equal(9, networks.Count);
    }

    [Theory]
    [InlineData("10.0.0.0/8,DE\n10.0.0.0/33,DE", "line 2")]
    [InlineData("10.0.0.0/8,DE\n11.0.0.0/8,Germany", "line 2")]
    [InlineData("10.0.0.0/8,DE\n0.0.0.0/0,FR", "line 2")]
    [InlineData("10.0.0.0/8,DE\n11.0.0.9,11.0.0.1,FR", "line 2")]
    [InlineData("10.0.0.0/8,DE\n11.0.0.9,2001:db8::,FR", "line 2")]
    [InlineData("10.0.0.0/8,DE\nnothing", "line 2")]
    [InlineData("", "there is no network")]
    [InlineData("network,country\n", "there is no network")]
    [InlineData("404 Not Found", "there is no network")]
    [InlineData("10.0.0.0,10.0.0.9,DE\n10.0.0.5,10.0.0.14,FR", "begins at 10.0.0.5")]
    public void Read_WhatIsNoList_IsRefusedWithItsPlace(string text, string place)
    {
        using var list = new StringReader(text);
        Assert.Contains(place, Assert.Throws<FormatException>(() => CountryNetworks.Read(list)).Message, StringComparison.Ordinal);
    }
}
