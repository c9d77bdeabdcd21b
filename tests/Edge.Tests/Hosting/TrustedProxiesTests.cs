using System.Net;
using ManagedOAuth.Edge.Hosting;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Tests.Hosting;

public class TrustedProxiesTests
{
    private readonly TrustedProxies _proxies = new(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]);

    [Theory]
    [InlineData("203.0.113.5", "198.51.100.1", "203.0.113.5")] // nobody we know: what it says is not even looked at
    [InlineData("10.1.1.1", null, "10.1.1.1")]
    [InlineData("10.1.1.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("10.1.1.1", "1.2.3.4, 198.51.100.1", "198.51.100.1")] // the client's own claim stands left
    [InlineData("10.1.1.1", "10.9.9.9, 198.51.100.1, 192.0.2.7", "198.51.100.1")] // a chain of ours
    [InlineData("10.1.1.1", "10.2.2.2, 10.3.3.3", "10.2.2.2")] // a client inside
    [InlineData("192.0.2.8", "198.51.100.1", "192.0.2.8")] // one address is not its neighbour
    [InlineData("::ffff:10.1.1.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("10.1.1.1", "::ffff:198.51.100.1", "198.51.100.1")]
    [InlineData("fd00::1", "2001:db8::5", "2001:db8::5")]
    [InlineData("10.1.1.1", "[2001:db8::5]:443", "2001:db8::5")]
    [InlineData("10.1.1.1", "198.51.100.1:5555", "198.51.100.1")]
    [InlineData("10.1.1.1", "unknown", "10.1.1.1")]
    [InlineData("10.1.1.1", "198.51.100.1, ", "10.1.1.1")]
    [InlineData("10.1.1.1", "198.51.100.1, _hidden", "10.1.1.1")]
    [InlineData("10.1.1.1", "198.51.100.1, 7", "10.1.1.1")] // no address is a number
    [InlineData("10.1.1.1", "", "10.1.1.1")]
    public void Client_IsTheRightMostWhoIsNoTrustedProxy(string peer, string? forwardedFor, string client)
        => Assert.Equal(IPAddress.Parse(client), _proxies.ClientOf(IPAddress.Parse(peer), forwardedFor));

    [Fact]
    public void SeveralLines_AreOneList()
        => Assert.Equal(IPAddress.Parse("198.51.100.1"), _proxies.ClientOf(IPAddress.Parse("10.1.1.1"), new StringValues(["1.2.3.4", "198.51.100.1, 10.3.3.3", "10.2.2.2"])));

    [Theory]
    [InlineData("localhost")]
    [InlineData("*")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    public void Network_ThatIsNone_OrEverybody_StopsTheStart(string network)
    {
        var options = new EdgeOptions { TeamDomain = "https://team.example.com", DashboardDomain = "https://admin.example.com" };
        options.Listen.Add("http://localhost:8700");
        options.TrustedProxies.Add(network);
        Assert.Contains("Edge:TrustedProxies", new EdgeOptionsValidator().Validate(null, options).FailureMessage, StringComparison.Ordinal);
    }
}
