using System.Net;
using ManagedOAuth.Edge.Hosting;

namespace ManagedOAuth.Edge.Tests.Hosting;

public class ListenAddressTests
{
    [Theory]
    [InlineData("http://localhost:8700")]
    [InlineData("http://127.0.0.1:8700")]
    public void Loopback_ListensOnBothFamilies(string url)
    {
        Assert.True(ListenAddress.TryParse(url, out var address, out _));
        Assert.Contains(new IPEndPoint(IPAddress.Loopback, 8700), address.EndPoints);
        Assert.All(address.EndPoints, endPoint => Assert.True(IPAddress.IsLoopback(endPoint.Address)));
    }

    [Theory]
    [InlineData("https://10.1.2.3:443", "10.1.2.3", 443, true)]
    [InlineData("http://10.1.2.3", "10.1.2.3", 80, false)]
    public void Address_IsTakenAsItIs(string url, string ip, int port, bool https)
    {
        Assert.True(ListenAddress.TryParse(url, out var address, out _));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(ip), port), Assert.Single(address.EndPoints));
        Assert.Equal(https, address.IsHttps);
    }

    [Fact]
    public void Star_ListensEverywhere()
    {
        Assert.True(ListenAddress.TryParse("http://*:8080", out var address, out _));
        Assert.Contains(address.EndPoints, endPoint => endPoint.Address.Equals(IPAddress.IPv6Any) || endPoint.Address.Equals(IPAddress.Any));
    }

    [Theory]
    [InlineData("localhost:8700")]
    [InlineData("http://app.example.com:80")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://127.0.0.1/path")]
    public void Other_IsRefusedWithAReason(string url)
    {
        Assert.False(ListenAddress.TryParse(url, out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void Options_WrongInSeveralWays_AreToldAllAtOnce()
    {
        var options = new EdgeOptions { TeamDomain = "http://team.example.com", DashboardDomain = "dashboard", StreamIdleTimeout = TimeSpan.Zero, MintDeadline = TimeSpan.Zero };
        options.Listen.Add("https://localhost:1");

        var result = new EdgeOptionsValidator().Validate(null, options);

        Assert.Equal(5, result.Failures!.Count());
    }
}
