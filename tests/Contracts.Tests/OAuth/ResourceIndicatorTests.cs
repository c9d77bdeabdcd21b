using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.Contracts.Tests.OAuth;

public sealed class ResourceIndicatorTests
{
    [Theory]
    [InlineData("https://a.test")]
    [InlineData("https://a.test/")]
    [InlineData("https://A.TEST")]
    [InlineData("HTTPS://a.test:443/mcp")]
    [InlineData("https://a.test/mcp?x=1")]
    public void Covers_EqualOrBelow_IsTrue(string requested) => Assert.True(ResourceIndicator.Covers("https://a.test", requested));

    [Theory]
    [InlineData("https://a.test/../b")]
    [InlineData("https://a.test/%2e%2e/b")]
    [InlineData("https://a.test#x")]
    [InlineData("a.test")]
    [InlineData("")]
    [InlineData("https://a.test.evil.test")]
    [InlineData("https://a.test@evil.test")]
    [InlineData("https://a.test:444")]
    [InlineData("http://a.test")]
    [InlineData("https://b.test")]
    [InlineData("urn:a")]
    public void Covers_AnythingElse_IsFalse(string requested) => Assert.False(ResourceIndicator.Covers("https://a.test", requested));

    [Theory]
    [InlineData("https://a.test/mcp", true)]
    [InlineData("https://a.test/mcp/", true)]
    [InlineData("https://a.test/mcp/x", true)]
    [InlineData("https://a.test/mcpx", false)]
    [InlineData("https://a.test/MCP", false)]
    [InlineData("https://a.test/", false)]
    public void Covers_ResourceWithPath_ComparesWholeSegments(string requested, bool covered)
        => Assert.Equal(covered, ResourceIndicator.Covers("https://a.test/mcp", requested));

    [Fact]
    public void ApplicationResources_AreTheOriginsOfAllPublicAddresses()
    {
        var application = new Application
        {
            Id = Guid.NewGuid(),
            Aud = "a",
            Name = "n",
            Domain = "App.example.com",
            Destinations = [new("public", "localhost:8700/x"), new("private", "hidden.test")],
        };
        Assert.Equal(["https://app.example.com", "http://localhost:8700"], ApplicationResources.Of(application));
    }

    [Theory]
    [InlineData("localhost:8700", "http://localhost:8700")]
    [InlineData("127.0.0.1", "http://127.0.0.1")]
    [InlineData("[::1]:80", "http://[::1]:80")]
    [InlineData("[::1]", "http://[::1]")]
    [InlineData("a.test:8443/path", "https://a.test:8443")]
    [InlineData("localhost.evil.test", "https://localhost.evil.test")]
    public void PublicOrigin_IsHttpOnLoopbackHostsOnly(string domain, string origin) => Assert.Equal(origin, PublicOrigin.Of(domain));
}
