using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ManagedOAuth.ServiceDefaults.Outbound;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.ServiceDefaults.Tests.Outbound;

/// <summary>No request of ours can be turned against the inside.</summary>
public sealed class OutboundGuardTests
{
    [Theory]
    [InlineData("93.184.215.14", true, true)]
    [InlineData("2606:4700::1111", true, true)]
    [InlineData("10.1.2.3", false, true)]
    [InlineData("172.16.0.1", false, true)]
    [InlineData("192.168.1.1", false, true)]
    [InlineData("100.64.0.1", false, true)]
    [InlineData("127.0.0.1", false, true)]
    [InlineData("127.8.8.8", false, true)]
    [InlineData("::1", false, true)]
    [InlineData("fd00::1", false, true)]
    [InlineData("::ffff:10.1.2.3", false, true)]
    [InlineData("64:ff9b::a01:203", false, true)]
    [InlineData("2002:a01:203::1", false, true)]
    [InlineData("169.254.169.254", false, false)]
    [InlineData("::ffff:169.254.169.254", false, false)]
    [InlineData("fe80::1", false, false)]
    [InlineData("0.0.0.0", false, false)]
    [InlineData("0.1.2.3", false, false)]
    [InlineData("::", false, false)]
    [InlineData("224.0.0.1", false, false)]
    [InlineData("255.255.255.255", false, false)]
    [InlineData("ff02::1", false, false)]
    public void Address_IsReachedAsFarAsItMayBe(string address, bool asPublic, bool asConfigured)
    {
        var guard = Guard();
        Assert.Equal(asPublic, guard.Allows(IPAddress.Parse(address), OutboundReach.Public));
        Assert.Equal(asConfigured, guard.Allows(IPAddress.Parse(address), OutboundReach.Configured));
    }

    [Fact]
    public void Network_ThatTheInstallationNames_IsReached_ButNeverOneWithCloudCredentials()
    {
        var guard = Guard("10.0.0.0/8", "169.254.0.0/16");
        Assert.True(guard.Allows(IPAddress.Parse("10.1.2.3"), OutboundReach.Public));
        Assert.False(guard.Allows(IPAddress.Parse("192.168.1.1"), OutboundReach.Public));
        Assert.False(guard.Allows(IPAddress.Parse("169.254.169.254"), OutboundReach.Public));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Connection_ToTheInside_IsNeverMade(string host)
    {
        // A canary: whatever connects is seen.
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        var port = ((IPEndPoint)canary.LocalEndpoint).Port;
        using var http = new Http(Guard());
        await Assert.ThrowsAsync<OutboundUnavailableException>(() => http.GetJsonAsync($"http://{host}:{port}/", CancellationToken.None));
        Assert.False(canary.Pending());
    }

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("ftp://example.com/")]
    [InlineData("https://user:pw@example.com/")]
    [InlineData("file:///etc/passwd")]
    public async Task Address_ThatIsNoHttpsUrl_IsRefusedBeforeAnything(string url)
    {
        using var http = new Http(Guard());
        await Assert.ThrowsAsync<OutboundUnavailableException>(() => http.GetJsonAsync(url, CancellationToken.None));
    }

    [Theory]
    [InlineData("127.0.0.1", OutboundReach.Public)]
    [InlineData("127.0.0.1", OutboundReach.Configured)]
    [InlineData("localhost", OutboundReach.Configured)]
    public async Task Connection_ToAPartOfThisProduct_IsNeverMade_WhateverIsAllowed(string host, OutboundReach reach)
    {
        using var own = new TcpListener(IPAddress.Loopback, 0);
        own.Start();
        var port = ((IPEndPoint)own.LocalEndpoint).Port;
        var settings = new Dictionary<string, string?> { ["services:token:grpc:0"] = $"http://127.0.0.1:{port}" };
        using var http = new HttpClient(Guard(settings, "127.0.0.0/8", "::1/128").CreateHandler(reach));
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"http://{host}:{port}/")));
        Assert.False(own.Pending());
    }

    [Theory]
    [InlineData("10.0.0.5")]
    [InlineData("::ffff:10.0.0.5")]
    [InlineData("[::FFFF:a00:5]")]
    public void Address_OfAPartOfThisProduct_IsKnownInEachOfItsForms(string host)
    {
        var own = new InternalAddresses(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["services:token:grpc:0"] = "http://10.0.0.5:8" }).Build());
        Assert.True(own.Contains(host, 8));
        Assert.False(own.Contains(host, 9));
    }

    // RFC 7493 section 2.1: half of a surrogate pair is no text.
    [Fact]
    public void Text_ThatCannotBeRead_IsNone()
    {
        var reply = new OutboundReply(200, JsonElement.Parse("""{"bad":"\ud800","good":"x"}"""));
        Assert.Equal((null, "x"), (reply.Text("bad"), reply.Text("good")));
    }

    [Fact]
    public async Task Request_ThatIsNotAnswered_IsGivenUp()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var options = new OutboundOptions { Timeout = TimeSpan.FromMilliseconds(200), AllowedNetworks = { "127.0.0.0/8" } };
        using var http = new Http(new OutboundGuard(Options.Create(options), new InternalAddresses(new ConfigurationBuilder().Build())));
        var address = $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/";
        await Assert.ThrowsAsync<OutboundUnavailableException>(() => http.GetJsonAsync(address, CancellationToken.None));
    }

    private static OutboundGuard Guard(params string[] networks) => Guard([], networks);

    private static OutboundGuard Guard(Dictionary<string, string?> settings, params string[] networks)
    {
        var options = new OutboundOptions();
        foreach (var network in networks)
        {
            options.AllowedNetworks.Add(network);
        }

        return new OutboundGuard(Options.Create(options), new InternalAddresses(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()));
    }

    private sealed class Http(OutboundGuard guard) : OutboundHttp(guard, OutboundReach.Public);
}
